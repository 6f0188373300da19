using Batch.Client;
using Batch.Core.Chunks;
using Batch.Core.ClickHouse;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Audit;
using Batch.Core.Jobs.Reading;
using Batch.Core.Jobs.Writing;
using Batch.Core.Log;
using Batch.Primitives;
using Batch.Tests.Api;
using Batch.Tests.Chunks;
using Batch.Tests.EmbeddedClickHouse;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Batch.Tests.Worker;

/// <summary>Chunks of a load that was carried on, in the hands of a worker.</summary>
[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class AttemptTests(ClickHouseProcess clickHouse) : IAsyncLifetime
{
    static readonly string File = "event_id,timestamp,amount\n" + string.Concat(Enumerable.Range(1, 20_000).Select(i => $"{i},1716045542,1.25\n"));
    ApiHost _api = null!;
    Model _model = null!;
    TestWorker _worker = null!;

    public async Task InitializeAsync()
    {
        _api = await ApiHost.StartAsync(clickHouse, ("Chunker:ChunkBytes", "65536"), ("Uploads:ExpressBytes", "0"), ("Uploads:SharedRecordBytes", "0"));
        _model = await _api.CreateModelAsync();
        _worker = new TestWorker(_api.Services.GetRequiredService<IOptions<ClickHouseOptions>>().Value);
    }

    public async Task DisposeAsync()
    {
        await _worker.DisposeAsync();
        await _api.DisposeAsync();
    }

    JobReader Jobs => _api.Services.GetRequiredService<JobReader>();
    JobWriter Writer => _api.Services.GetRequiredService<JobWriter>();
    RowAudit Audit => _api.Services.GetRequiredService<RowAudit>();

    /// <summary>A job whose first chunk was loaded when it was cancelled, carried on.</summary>
    async Task<(JobKey Key, List<LogRecord> Records)> CarriedOnAsync()
    {
        var job = await _api.UploadAsync(_model, File, new CreateJobRequest { ModelId = "", Label = Guid.NewGuid().ToString("n") });
        var records = _api.Log.Records.Where(record => record.ChunkHeader().JobId == job.JobId).ToList();
        Assert.True(records.Count > 3);
        await _worker.ProcessAsync(records[0]);
        await _api.Client.CancelJobAsync(job.JobId, CancellationToken.None);
        var key = new JobKey(job.TenantId, job.JobId);
        await Writer.ResumeAsync((await Jobs.FindAsync(key.TenantId, key.JobId, CancellationToken.None))!, null, CancellationToken.None);
        return (key, records);
    }

    Task<long> LoadedAsync(JobKey key) => Audit.CountLoadedAsync(key, _model.ModelId, 1, 1_000_000, CancellationToken.None);

    [Fact]
    public async Task A_chunk_of_a_superseded_attempt_is_ignored()
    {
        var (key, records) = await CarriedOnAsync();
        var before = await LoadedAsync(key);
        await _worker.ProcessAsync(records[1]);
        Assert.Equal(before, await LoadedAsync(key));
        Assert.False(await Jobs.HasReceiptAsync(key, 1, CancellationToken.None));

        await _worker.ProcessAsync(Change(records[1], header => header with { Attempt = 1 }));
        Assert.Equal(before + records[1].ChunkHeader().Rows, await LoadedAsync(key));
        Assert.True(await Jobs.HasReceiptAsync(key, 1, CancellationToken.None));
    }

    [Fact]
    public async Task A_chunk_that_comes_again_after_its_token_is_forgotten_is_not_loaded_twice()
    {
        var (key, records) = await CarriedOnAsync();
        await _worker.LoadAsync(records[1], sawRestart: false);
        var loaded = await LoadedAsync(key);
        await Writer.AddReceiptAsync(new Receipt
        {
            TenantId = key.TenantId, JobId = key.JobId, Ordinal = 1, Rows = records[1].ChunkHeader().Rows, Success = 0, Errors = 0,
            Abandoned = records[1].ChunkHeader().Rows, StartedAt = DateTimeOffset.UtcNow, FinishedAt = DateTimeOffset.UtcNow, Worker = "w",
        }, CancellationToken.None);
        await _api.Services.GetRequiredService<ClickHouseClient>().ExecuteAsync(
            $"ALTER TABLE data_{_model.ModelId} MODIFY SETTING non_replicated_deduplication_window = 0", null, CancellationToken.None);

        await _worker.ProcessAsync(Change(records[1], header => header with { Attempt = 1 }));

        Assert.Equal(loaded, await LoadedAsync(key));
        var gate = await Jobs.PrecheckAsync(key, 1, CancellationToken.None);
        Assert.Equal((true, records[1].ChunkHeader().Checksum), (gate.HasReceipt, gate.ReceiptChecksum));
    }

    [Fact]
    public async Task A_chunk_under_whose_number_other_bytes_were_loaded_fails_the_job()
    {
        var (key, records) = await CarriedOnAsync();
        var before = await LoadedAsync(key);
        var other = records[0].Value.ToArray();
        other[0] = (byte)'9';
        await _worker.ProcessAsync(Change(new LogRecord(records[0].Position, records[0].Headers, other, records[0].AppendedAt, owner: null),
            header => header with { Attempt = 1, Checksum = Crc32C.Of(other) }));

        var job = (await Jobs.FindAsync(key.TenantId, key.JobId, CancellationToken.None))!;
        Assert.Equal((JobState.Failed, FailureCodes.LabelContentDiffers), (job.State, job.FailureCode));
        Assert.Equal(before, await LoadedAsync(key));
    }

    static LogRecord Change(LogRecord record, Func<ChunkHeader, ChunkHeader> change) => new(
        record.Position, ChunkHeaderCodec.Encode(change(record.ChunkHeader()), default), record.Value, record.AppendedAt, owner: null);
}
