using Batch.Core.ClickHouse;
using Batch.Core.Jobs;
using Batch.Core.Models;
using Batch.Core.Rejected;
using Batch.Tests.EmbeddedClickHouse;

namespace Batch.Tests.ClickHouse;

/// <summary>A database of a test's own, with Batch's tables in it, and the stores over it.</summary>
public sealed class ClickHouseScope : IAsyncDisposable
{
    ClickHouseScope(ClickHouseOptions options)
    {
        Options = options;
        Client = ClickHouseClient.Create(options);
        Models = new(Client);
        Jobs = new(Client);
        Rejected = new(Client);
    }

    public const string Tenant = "tenant_a";

    public ClickHouseOptions Options { get; }
    public ClickHouseClient Client { get; }
    public ModelStore Models { get; }
    public JobStore Jobs { get; }
    public RejectedStore Rejected { get; }

    public static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    public static async Task<ClickHouseScope> CreateAsync(ClickHouseProcess clickHouse)
    {
        var scope = new ClickHouseScope(new() { Url = clickHouse.Url, Database = "test_" + Guid.NewGuid().ToString("N") });
        await new ClickHouseMigrations(scope.Client).ApplyAsync(Soon);
        return scope;
    }

    /// <summary>The same database seen by another process.</summary>
    public JobStore OtherProcess() => new(ClickHouseClient.Create(Options));

    public async Task<string> ScalarAsync(string sql)
    {
        await using var body = await Client.OpenAsync(sql + " FORMAT TSVRaw", null, Soon);
        using var reader = new StreamReader(body);
        return (await reader.ReadToEndAsync()).TrimEnd('\n');
    }

    public Task ExecuteAsync(string sql) => Client.ExecuteAsync(sql, null, Soon);

    public async ValueTask DisposeAsync()
    {
        await Jobs.DisposeAsync();
        await Client.ExecuteAsync($"DROP DATABASE IF EXISTS {Options.Database}", null, Soon);
    }
}
