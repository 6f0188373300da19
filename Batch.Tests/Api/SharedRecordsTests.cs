using System.Text;
using Batch.Api.Publishing;
using Batch.Core.Chunks;
using Batch.Core.Log;
using Batch.Primitives;
using Batch.Tests.Chunks;

namespace Batch.Tests.Api;

/// <summary>Which small uploads share a record of the log.</summary>
[Trait("Tier", "unit")]
public sealed class SharedRecordsTests
{
    readonly MemoryLog _log = new();
    readonly SmallUploadBatcher _shared;
    int _uploads;

    public SharedRecordsTests() => _shared = new SmallUploadBatcher(_log);

    [Fact]
    public async Task Who_comes_alone_has_a_record_of_its_own_that_any_worker_knows_how_to_read()
    {
        for (var i = 0; i < 5; i++)
            await NewUpload().Done;
        Assert.Equal(5, _log.Records.Count);
        Assert.All(_log.Records, record => Assert.Equal((ChunkHeaderCodec.OneChunk, null), (record.ChunkHeader().Format, record.ChunkHeader().Bytes)));
    }

    [Fact]
    public async Task Those_that_come_in_at_the_same_time_share_as_few_records_as_their_limits_allow()
    {
        var random = new Random(1);
        var uploads = await AllAtOnceAsync(() => [.. Enumerable.Range(0, 400).Select(i => NewUpload(random.Next(1, i < 200 ? 200 : 20_000)))]);
        await Task.WhenAll(uploads.Select(upload => upload.Done));

        AssertEachOnce(uploads);
        var records = _log.Records.Select(ChunkHeaderCodec.Decode).ToList();
        Assert.All(_log.Records, record => Assert.InRange(SizeOf(record), 1, SmallChunk.SharedRecordBytes));
        Assert.All(records, chunks => Assert.InRange(chunks.Count, 1, SmallUploadBatcher.MaxChunks));
        Assert.Contains(records, chunks => chunks.Count == SmallUploadBatcher.MaxChunks);
        // In the order in which they came; and what follows a record, after the first which went at once, would not have fitted in it.
        Assert.Equal(uploads.Select(upload => upload.Header.JobId), records.SelectMany(chunks => chunks.Select(chunk => chunk.Header.JobId)));
        var all = _log.Records.ToList();
        for (var i = 1; i < all.Count - 1; i++)
            Assert.True(
                records[i].Count == SmallUploadBatcher.MaxChunks || SizeOf(all[i]) + SizeOf(records[i + 1][0]) > SmallChunk.SharedRecordBytes,
                $"Record {i} of {all.Count} has {records[i].Count} chunks of {SizeOf(all[i])} bytes.");
    }

    [Fact]
    public async Task What_travels_with_rows_that_are_run_again_counts_as_well()
    {
        long[] numbers = [.. Enumerable.Range(1_000_000_000, 10_000)];
        var uploads = await AllAtOnceAsync(() => [.. Enumerable.Range(0, 40).Select(_ => NewUpload(20_000, header => header with
        {
            Rows = numbers.Length, RowNumbers = numbers, LineNumbers = numbers,
        }))]);
        await Task.WhenAll(uploads.Select(upload => upload.Done));
        AssertEachOnce(uploads);
        Assert.All(_log.Records, record => Assert.InRange(record.Headers.Sum(header => header.Value.Length), 1, SmallChunk.SharedRecordBytes));
    }

    [Fact]
    public async Task A_log_of_smaller_records_gets_smaller_records()
    {
        _log.MaxRecordBytes = 64 << 10;
        var shared = new SmallUploadBatcher(_log);
        var uploads = await AllAtOnceAsync(() => [.. Enumerable.Range(0, 30).Select(_ => NewUpload(20_000, shared: shared))]);
        await Task.WhenAll(uploads.Select(upload => upload.Done));
        AssertEachOnce(uploads);
        Assert.All(_log.Records, record => Assert.InRange(record.Value.Length, 1, _log.MaxRecordBytes));
        Assert.InRange(_log.Records.Count, 10, 20);
    }

    [Fact]
    public async Task What_differs_in_anything_that_validation_or_tables_depend_on_never_shares_a_record()
    {
        Func<ChunkHeader, ChunkHeader>[] kinds =
        [
            header => header, header => header with { TenantId = "tenant_b" }, header => header with { ModelId = "m2" },
            header => header with { ModelVersion = 2 }, header => header with { Mapping = [0, 2, 1] }, header => header with { Mapping = [0, 1, 2, -1] },
            header => header with { Delimiter = (byte)';' }, header => header with { MaxRowBytes = 1000 },
        ];
        var uploads = await AllAtOnceAsync(() =>
            [.. Enumerable.Range(0, 400).Select(i => NewUpload(50, kinds[i % kinds.Length], i / kinds.Length % 2 == 0 ? "express" : "chunks"))]);
        await Task.WhenAll(uploads.Select(upload => upload.Done));

        AssertEachOnce(uploads);
        Assert.InRange(_log.Records.Count, 2 * kinds.Length, 4 * kinds.Length);
        var topics = uploads.ToDictionary(upload => upload.Header.JobId, upload => upload.Topic);
        foreach (var record in _log.Records)
        {
            var chunks = ChunkHeaderCodec.Decode(record);
            Assert.All(chunks, chunk => Assert.Equal(record.Position.Topic, topics[chunk.Header.JobId]));
            Assert.Single(chunks.Select(chunk => (
                chunk.Header.TenantId, chunk.Header.ModelId, chunk.Header.ModelVersion, chunk.Header.Delimiter, chunk.Header.MaxRowBytes,
                string.Join(',', chunk.Header.Mapping))).Distinct());
        }
    }

    [Fact]
    public async Task An_append_that_fails_fails_all_its_uploads_and_none_of_the_next()
    {
        var appends = 0;
        var uploads = await AllAtOnceAsync(
            () => [.. Enumerable.Range(0, 200).Select(_ => NewUpload(50))],
            () => ++appends == 2 ? throw new LogFullException("The test says so.") : Task.CompletedTask);
        await Task.WhenAll(uploads.Select(upload => upload.Done.ContinueWith(_ => { }, TaskScheduler.Default)));

        var failed = uploads.Where(upload => upload.Done.IsFaulted).ToList();
        Assert.Equal(SmallUploadBatcher.MaxChunks, failed.Count);
        Assert.All(failed, upload => Assert.IsType<LogFullException>(upload.Done.Exception!.InnerException));
        AssertEachOnce([.. uploads.Except(failed)]);
        // The log is well again, and so is whoever comes next.
        var next = NewUpload();
        await next.Done;
        AssertEachOnce([.. uploads.Except(failed), next]);
    }

    [Fact]
    public async Task More_models_than_are_kept_in_mind_do_not_disturb_each_other()
    {
        var uploads = Enumerable.Range(0, 1000).Select(i => NewUpload(10, header => header with { ModelId = $"m{i % 500}" })).ToList();
        await Task.WhenAll(uploads.Select(upload => upload.Done));
        AssertEachOnce(uploads);
    }

    /// <summary>All of them are waiting before the log takes the first record, whose uploads are those that had come in by then.</summary>
    async Task<List<Upload>> AllAtOnceAsync(Func<List<Upload>> begin, Func<Task>? beforeAppend = null)
    {
        var begun = new TaskCompletionSource();
        _log.BeforeAppend = async () =>
        {
            await begun.Task;
            if (beforeAppend is not null)
                await beforeAppend();
        };
        var uploads = await Task.Run(begin);
        begun.SetResult();
        return uploads;
    }

    sealed record Upload(ChunkHeader Header, byte[] Bytes, string Topic, Task Done);

    Upload NewUpload(int bytes = 100, Func<ChunkHeader, ChunkHeader>? change = null, string topic = "express", SmallUploadBatcher? shared = null)
    {
        var number = Interlocked.Increment(ref _uploads);
        var rows = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat($"{number},", bytes)))[..bytes];
        var header = new ChunkHeader
        {
            TenantId = "tenant_a", JobId = $"job-{number}", ModelId = "m1", ModelVersion = 1, Ordinal = 0, FirstRow = 1, FirstLine = 2, Rows = 1,
            Checksum = Crc32C.Of(rows), Mapping = [0, 1, 2],
        };
        header = change?.Invoke(header) ?? header;
        return new(header, rows, topic, (shared ?? _shared).AppendAsync(new LogPartition(topic, 0), header, rows, default));
    }

    void AssertEachOnce(IReadOnlyList<Upload> uploads)
    {
        var logged = _log.Records.SelectMany(ChunkHeaderCodec.Decode).ToDictionary(chunk => chunk.Header.JobId); // throws for one that is there twice
        Assert.Equal(uploads.Select(upload => upload.Header.JobId).Order(), logged.Keys.Order());
        Assert.All(uploads, upload => Assert.True(logged[upload.Header.JobId].Bytes.Span.SequenceEqual(upload.Bytes)));
    }

    static int SizeOf(LogRecord record) => record.Value.Length + record.Headers.Sum(header => header.Value.Length);

    static int SizeOf(LoggedChunk chunk) => chunk.Bytes.Length + chunk.Json.Length;
}
