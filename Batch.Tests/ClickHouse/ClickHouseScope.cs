using Batch.Core.ClickHouse;
using Batch.Core.Jobs.Audit;
using Batch.Core.Jobs.Reading;
using Batch.Core.Jobs.Writing;
using Batch.Core.Models;
using Batch.Core.Rejected;
using Batch.Tests.EmbeddedClickHouse;

namespace Batch.Tests.ClickHouse;

/// <summary>A database of a test's own, with Batch's tables in it, and the stores over it.</summary>
public sealed class ClickHouseScope : IAsyncDisposable
{
    readonly bool _ownsDatabase;

    ClickHouseScope(ClickHouseOptions options, bool ownsDatabase)
    {
        _ownsDatabase = ownsDatabase;
        Options = options;
        Client = ClickHouseClient.Create(options);
        Models = new(Client);
        Jobs = new(Client);
        Writer = new(Client, Jobs, TimeProvider.System);
        Audit = new(Client, Jobs);
        Rejected = new(Client);
    }

    public const string Tenant = "tenant_a";

    public ClickHouseOptions Options { get; }
    public ClickHouseClient Client { get; }
    public ModelStore Models { get; }
    public JobReader Jobs { get; }
    public JobWriter Writer { get; }
    public RowAudit Audit { get; }
    public RejectedStore Rejected { get; }

    public static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    public static async Task<ClickHouseScope> CreateAsync(ClickHouseProcess clickHouse)
    {
        var scope = new ClickHouseScope(new() { Url = clickHouse.Url, Database = "test_" + Guid.NewGuid().ToString("N") }, ownsDatabase: true);
        await new ClickHouseMigrations(scope.Client).ApplyAsync(Soon);
        return scope;
    }

    /// <summary>The same database seen by another process.</summary>
    public ClickHouseScope OtherProcess() => new(Options, ownsDatabase: false);

    public async Task<string> ScalarAsync(string sql)
    {
        await using var body = await Client.OpenAsync(sql + " FORMAT TSVRaw", null, Soon);
        using var reader = new StreamReader(body);
        return (await reader.ReadToEndAsync()).TrimEnd('\n');
    }

    public Task ExecuteAsync(string sql) => Client.ExecuteAsync(sql, null, Soon);

    public async ValueTask DisposeAsync()
    {
        await Writer.DisposeAsync();
        if (_ownsDatabase)
            await Client.ExecuteAsync($"DROP DATABASE IF EXISTS {Options.Database}", null, Soon);
    }
}
