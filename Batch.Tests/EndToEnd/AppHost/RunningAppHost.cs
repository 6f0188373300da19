using Aspire.Hosting;
using Aspire.Hosting.Testing;
using Batch.Client;

namespace Batch.Tests.EndToEnd.AppHost;

/// <summary>The real app host with embedded infrastructure, two workers and no dashboard, started by Aspire's own test host.</summary>
public sealed class RunningAppHost : IRunningSystem, IAsyncLifetime
{
    static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);
    readonly string _data = Path.Combine(Path.GetTempPath(), "batch-tests", Guid.NewGuid().ToString("n"));
    DistributedApplication? _app;
    BatchClient? _api;

    public DistributedApplication App => _app!;
    public BatchClient Api => _api!;
    public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromMinutes(5) };
    public Uri ApiAddress => App.GetEndpoint("api", "http");
    public Uri ClickHouseAddress => App.GetEndpoint("clickhouse", "http");

    public async Task InitializeAsync()
    {
        using var limit = new CancellationTokenSource(StartTimeout);
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Batch_AppHost>(
            ["--infrastructure", "embedded", "--workers", "2", "--data", _data, .. AppHostProcess.AnyPorts], limit.Token);
        _app = await builder.BuildAsync(limit.Token);
        await _app.StartAsync(limit.Token);
        foreach (var resource in (string[])["log", "clickhouse", "api", "worker"])
            await _app.ResourceNotifications.WaitForResourceHealthyAsync(resource, limit.Token);
        _api = new BatchClient(new BatchClientOptions { Address = ApiAddress });
    }

    public Task<string> QueryAsync(string sql) => AppHostProcess.QueryAsync(Http, ClickHouseAddress, sql);

    public async Task DisposeAsync()
    {
        _api?.Dispose();
        Http.Dispose();
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }
        if (Directory.Exists(_data))
            Directory.Delete(_data, recursive: true);
    }
}

/// <summary>One running app host for the tests that only use it.</summary>
[CollectionDefinition("app host", DisableParallelization = true)]
public sealed class AppHostCollection : ICollectionFixture<RunningAppHost>;
