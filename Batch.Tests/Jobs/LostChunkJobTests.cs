using System.Globalization;
using Batch.Client;
using Batch.Core.Chunks;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Monitoring;
using Batch.Core.Jobs.Reading;
using Batch.Core.Jobs.Writing;
using Batch.Core.Log;
using Batch.EmbeddedKafka;
using Batch.Tests.ClickHouse;
using Batch.Tests.EmbeddedClickHouse;
using Batch.Tests.Log;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace Batch.Tests.Jobs;

/// <summary>Jobs over a real broker, some of whose records are gone.</summary>
[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class LostChunkJobTests(ClickHouseProcess process) : IAsyncLifetime
{
    const int Rows = 10;
    static readonly ChunkTopicOptions TopicOptions = new() { Partitions = 1, ExpressPartitions = 1 };

    readonly TemporaryFolder _folder = new();
    ClickHouseScope _scope = null!;
    EmbeddedBroker _broker = null!;
    KafkaLog _log = null!;
    ChunkTopics _topics = null!;
    JobMonitor _monitor = null!;

    JobReader Jobs => _scope.Jobs;
    JobWriter Writer => _scope.Writer;

    public async Task InitializeAsync()
    {
        _scope = await ClickHouseScope.CreateAsync(process);
        await OpenAsync();
    }

    public async Task DisposeAsync()
    {
        await CloseAsync();
        await _scope.DisposeAsync();
        _folder.Dispose();
    }

    async Task CloseAsync()
    {
        await _log.DisposeAsync();
        await _broker.DisposeAsync();
    }

    async Task OpenAsync()
    {
        // A segment a record.
        _broker = await EmbeddedBroker.StartAsync(
            new BrokerOptions { Directory = _folder.Path, Port = 0, MinFreeBytes = 0, SegmentBytes = 1 << 20 }, NullLoggerFactory.Instance,
            ClickHouseScope.Soon);
        _log = new KafkaLog(
            new KafkaOptions { BootstrapServers = _broker.BootstrapServers, Properties = { ["compression.type"] = "none" } }, NullLogger<KafkaLog>.Instance);
        _topics = new ChunkTopics(_log, TopicOptions);
        await _topics.EnsureAsync(ClickHouseScope.Soon);
        _monitor = new(
            Jobs, Writer, TimeProvider.System, NullLogger<JobMonitor>.Instance, new LostChunks(_log, _topics, new ChunkTopicOptions(), TimeProvider.System));
    }

    /// <summary>A job of so many chunks, all of them in the log, an hour ago.</summary>
    async Task<JobKey> UploadAsync(int chunks)
    {
        var key = await Writer.CreateAsync();
        for (var ordinal = 0; ordinal < chunks; ordinal++)
            await _log.AppendAsync(_topics.Bulk, 0, [], new byte[900 << 10], ClickHouseScope.Soon);
        await Writer.UploadEndedAsync(key, chunks * Rows, chunks, ClickHouseScope.Soon);
        await AgeAsync();
        return key;
    }

    Task AgeAsync() => _scope.Client.AgeJobsAsync(3600);

    /// <summary>What a worker does with the records that are still there: receipt, then commit.</summary>
    async Task WorkAsync(JobKey key, int records)
    {
        await using var consumer = _log.Join(_topics.BulkGroup, [_topics.Bulk]);
        for (var n = 0; n < records; n++)
        {
            using var record = await consumer.ReadAsync(ClickHouseScope.Soon);
            await Writer.ReceiptAsync(key, (int)record.Position.Offset, Rows, Rows - 1, 1);
            await consumer.CommitAsync(record.Position, ClickHouseScope.Soon);
        }
    }

    async Task RoundAsync()
    {
        await _monitor.SettleFinishedAsync(isThorough: true, ClickHouseScope.Soon);
        await _monitor.SweepUnsettledAsync(null, ClickHouseScope.Soon);
        await _monitor.LookForLostAsync(ClickHouseScope.Soon);
    }

    /// <summary>By hand, while nobody has the log open.</summary>
    async Task DeleteSegmentsAsync(params int[] offsets)
    {
        await CloseAsync();
        var files = Directory.GetFiles(Path.Combine(_folder.Path, "log", _topics.Bulk, "0"), "*.log");
        foreach (var offset in offsets)
            File.Delete(Assert.Single(files, file => long.Parse(Path.GetFileNameWithoutExtension(file), CultureInfo.InvariantCulture) == offset));
        await OpenAsync();
    }

    [Fact]
    public async Task Chunks_that_the_log_has_lost_end_their_job_with_figures_that_add_up()
    {
        var key = await UploadAsync(4);
        await DeleteSegmentsAsync(0, 2);
        await WorkAsync(key, 2);
        await AgeAsync();
        await RoundAsync();
        Assert.Equal(JobState.Running, (await Jobs.GetAsync(key)).State);
        await RoundAsync();

        var job = await Jobs.GetAsync(key);
        Assert.Equal(
            (JobState.Failed, FailureCodes.LogLostChunks, 40L, 18L, 2L, 20L, true),
            (job.State, job.FailureCode, job.Total, job.Success, job.Errors, job.Abandoned, job.IsSettled));
        Assert.Contains("no longer has 2 of the job's 4 chunks (20 of its 40 rows)", job.Failure);
        // Rounds after that find nothing to do, and a worker believed dead that had a chunk in hand all the same is counted.
        await RoundAsync();
        await Writer.ReceiptAsync(key, 0, Rows, Rows, 0);
        job = await Jobs.GetAsync(key);
        Assert.Equal((JobState.Failed, 28L, 2L, 10L), (job.State, job.Success, job.Errors, job.Abandoned));
        Assert.Empty(await Jobs.UnsettledAsync(null, ClickHouseScope.Soon));
    }

    /// <remarks>As retention does, whose time has come before the workers'.</remarks>
    [Fact]
    public async Task Chunks_deleted_unread_end_their_job_with_figures_that_add_up()
    {
        var key = await UploadAsync(4);
        using (var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = _broker.BootstrapServers }).Build())
            await admin.DeleteRecordsAsync([new TopicPartitionOffset(_topics.Bulk, 0, 3)]);
        await WorkAsync(key, 1);
        await AgeAsync();
        await RoundAsync();
        await RoundAsync();
        var job = await Jobs.GetAsync(key);
        Assert.Equal(
            (JobState.Failed, FailureCodes.LogLostChunks, 40L, 9L, 1L, 30L, true),
            (job.State, job.FailureCode, job.Total, job.Success, job.Errors, job.Abandoned, job.IsSettled));
    }

    [Fact]
    public async Task A_slow_worker_is_not_a_lost_chunk()
    {
        var key = await UploadAsync(2);
        await using var consumer = _log.Join(_topics.BulkGroup, [_topics.Bulk]);
        using var first = await consumer.ReadAsync(ClickHouseScope.Soon);
        using var second = await consumer.ReadAsync(ClickHouseScope.Soon);
        for (var n = 0; n < 4; n++)
            await RoundAsync();
        // The receipts are there before the commits, which the monitor may see at any moment after.
        foreach (var record in new[] { first, second })
        {
            await Writer.ReceiptAsync(key, (int)record.Position.Offset, Rows, Rows, 0);
            await RoundAsync();
            await consumer.CommitAsync(record.Position, ClickHouseScope.Soon);
            await RoundAsync();
        }
        var job = await Jobs.GetAsync(key);
        Assert.Equal((JobState.Success, 20L, true), (job.State, job.Success, job.IsSettled));
    }

    [Fact]
    public async Task A_cancelled_job_whose_chunks_the_log_has_lost_is_settled_as_what_it_is()
    {
        var key = await UploadAsync(3);
        Assert.True(await Writer.CancelAsync(await Jobs.GetAsync(key), ClickHouseScope.Soon));
        await DeleteSegmentsAsync(0, 1);
        await WorkAsync(key, 1);
        await AgeAsync();
        await RoundAsync();
        Assert.False((await Jobs.GetAsync(key)).IsSettled);
        await RoundAsync();

        var job = await Jobs.GetAsync(key);
        Assert.Equal((JobState.Cancelled, 30L, 9L, 1L, 20L, true), (job.State, job.Total, job.Success, job.Errors, job.Abandoned, job.IsSettled));
    }
}
