using System.Globalization;
using Batch.Client;
using Batch.Core.Log;
using Batch.Tests.Log;
using Microsoft.Extensions.Logging.Abstractions;

namespace Batch.Tests.EndToEnd.Cluster;

/// <summary>Batch as it is deployed: an API and three workers, each a process of its own, over a Kafka and a ClickHouse that are processes too.</summary>
/// <remarks>Every cluster has topics, a group and a database of its own, so that tests share broker and engine and do not meet.</remarks>
public sealed class BatchCluster : IRunningSystem, IAsyncDisposable
{
    const int Partitions = 6;

    /// <summary>Small, so that a small file is many chunks.</summary>
    public const int ChunkBytes = 64 << 10;

    readonly ClusterParts _parts;
    readonly string _database = "cluster_" + Guid.NewGuid().ToString("N");

    BatchCluster(ClusterParts parts, string? servers, Uri? clickHouse, IEnumerable<(string Key, string Value)>? more = null)
    {
        _parts = parts;
        var settings = new Dictionary<string, string>
        {
            ["KAFKA_BOOTSTRAP"] = servers ?? parts.Servers,
            ["ConnectionStrings__clickhouse"] = new Uri(clickHouse ?? new Uri(parts.ClickHouse.Url), _database).ToString(),
            ["Kafka__SessionTimeout"] = ClusterParts.SessionTimeout.ToString("c", CultureInfo.InvariantCulture),
            ["Kafka__MaxRecordBytes"] = $"{1 << 20}",
            ["Topics__Prefix"] = _database,
            ["Topics__Partitions"] = $"{Partitions}",
            ["Topics__ExpressPartitions"] = "2",
            ["Worker__Group"] = _database,
            ["Chunker__ChunkBytes"] = $"{ChunkBytes}",
            ["Uploads__ExpressBytes"] = $"{ChunkBytes / 4}",
        };
        foreach (var (key, value) in more ?? [])
            settings[key] = value;
        ApiProcess = new ServiceProcess("Batch.Api.dll", settings);
        Workers = [.. Enumerable.Range(0, 3).Select(_ => new ServiceProcess("Batch.Worker.dll", settings))];
        Api = new BatchClient(new BatchClientOptions { Address = ApiProcess.Address });
    }

    public BatchClient Api { get; }
    public ServiceProcess ApiProcess { get; }
    public IReadOnlyList<ServiceProcess> Workers { get; }

    /// <summary>API and workers started.</summary>
    /// <param name="fault">A <c>BATCH_FAULT</c> of all workers.</param>
    /// <param name="settings">Of the API and all workers, beside those that every cluster has.</param>
    public static async Task<BatchCluster> StartAsync(
        ClusterParts parts, int workers = 3, string? fault = null, Uri? clickHouse = null, IEnumerable<(string Key, string Value)>? settings = null)
    {
        var cluster = new BatchCluster(parts, servers: null, clickHouse, settings);
        try
        {
            await Task.WhenAll([cluster.ApiProcess.StartAsync(), .. cluster.Workers.Take(workers).Select(worker => worker.StartAsync(fault))]);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Nothing is started.</summary>
    /// <param name="servers">Where to look for the brokers, if not where they are.</param>
    /// <param name="clickHouse">Where to look for ClickHouse, if not where it is.</param>
    public static BatchCluster Create(ClusterParts parts, string? servers = null, Uri? clickHouse = null) => new(parts, servers, clickHouse);

    public string Database => _database;

    /// <summary>The topic of large uploads.</summary>
    public string BulkTopic => $"{_database}.chunks";

    /// <summary>Records that wait for the workers, by the brokers' own account.</summary>
    public async Task<long> LagAsync()
    {
        await using var log = new KafkaLog(new KafkaOptions { BootstrapServers = _parts.Servers, MaxRecordBytes = 1 << 20 }, NullLogger<KafkaLog>.Instance);
        await log.EnsureTopicAsync(BulkTopic, Partitions, default);
        return (await log.LagAsync(_database, BulkTopic, default)).Sum(lag => lag.Behind);
    }

    /// <summary>Waits for what comes sooner or later.</summary>
    /// <param name="otherwise">What is said if it does not.</param>
    public async Task EventuallyAsync(Func<Task<bool>> isSo, string otherwise)
    {
        for (var deadline = DateTime.UtcNow.AddMinutes(2); ; await Task.Delay(200))
        {
            try
            {
                if (await isSo())
                    return;
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException or LogUnavailableException)
            {
                // Not yet.
            }
            Assert.True(DateTime.UtcNow < deadline, $"{otherwise}\n{Output}");
        }
    }

    /// <summary>Repeats a request that is refused because something is not there yet.</summary>
    public async Task<T> UntilTakenAsync<T>(Func<Task<T>> request)
    {
        for (var deadline = DateTime.UtcNow.AddMinutes(2); ; await Task.Delay(200))
        {
            try
            {
                return await request();
            }
            catch (BatchApiException exception) when ((int)exception.StatusCode is 503 or 507 && DateTime.UtcNow < deadline)
            {
                // Not yet.
            }
        }
    }

    public async Task<string> QueryAsync(string sql) =>
        (await _parts.ClickHouse.PostAsync(null, System.Text.Encoding.UTF8.GetBytes(sql), new Dictionary<string, string> { ["database"] = _database })).Text
            .Trim();

    /// <summary>Chunks that each worker has been through, by its own count.</summary>
    public async Task<long[]> ChunksByWorkerAsync() => await Task.WhenAll(Workers.Where(worker => worker.IsRunning).Select(async worker =>
        (await worker.GetAsync("metrics")).Split('\n')
            .Where(line => line.StartsWith("batch_chunks_processed_total{", StringComparison.Ordinal))
            .Sum(line => long.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture))));

    /// <summary>Waits until so many chunks of the job have their receipts: the middle of it.</summary>
    public async Task WaitForChunksAsync(string jobId, int chunks)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await this.CountAsync($"SELECT uniqExact(ordinal) FROM chunks WHERE job_id = '{jobId}'") < chunks)
            await Task.Delay(20, limit.Token);
    }

    /// <summary>All that API and workers said, for the message of a failed test.</summary>
    public string Output => string.Join('\n', new[] { ApiProcess }.Concat(Workers).SelectMany((process, n) => process.Lines.Select(line => $"{n}: {line}")));

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        ApiProcess.Dispose();
        foreach (var worker in Workers)
            worker.Dispose();
        await _parts.ClickHouse.QueryAsync($"DROP DATABASE IF EXISTS {_database}");
        await Topics.DeleteAsync(_parts.Servers, [BulkTopic, $"{BulkTopic}.express"]);
    }
}
