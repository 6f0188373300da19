using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Batch.Core.ClickHouse;
using Batch.Core.Ids;
using Batch.Core.Telemetry;

namespace Batch.Core.Jobs;

/// <summary>Jobs: streams of events, the receipts of their chunks among them, and what these add up to.</summary>
/// <remarks>
/// Writing is inserting into <c>job_events</c>, many callers' rows in one insert
/// (<see cref="BatchingInserter{T}"/>). Reading is putting them together (<see cref="JobProjection"/>), and <see cref="Job"/> says what it means.
/// Every write may be repeated, and a write that threw may or may not have happened.
/// <para>By aspect: this file writes; <c>JobStore.Queries.cs</c> reads; <c>JobStore.Family.cs</c> follows repairs; <c>JobStore.Resume.cs</c> carries
/// a labelled load on; <c>JobStore.Stop.cs</c> cancels and fails; <c>JobStore.Verify.cs</c> holds a job against the tables.</para>
/// </remarks>
public sealed partial class JobStore : IAsyncDisposable
{
    /// <summary>A small job that meets with no others is loaded by then.</summary>
    static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(30);
    static readonly TimeSpan NextLook = TimeSpan.FromMilliseconds(15);
    /// <summary>Many at once take about half as long.</summary>
    static readonly TimeSpan LookTimeout = TimeSpan.FromMilliseconds(200);
    /// <summary>When workers are away, or behind, one upload in this time waits to see whether they still are.</summary>
    static readonly TimeSpan BacklogMemory = TimeSpan.FromSeconds(1);

    readonly ClickHouseClient _clickHouse;
    readonly BatchingInserter<JobEventRow> _events;
    readonly RunningMarker _started;
    // Stopwatch: when a job that was waited for was last seen to be loaded, and when one last was not.
    long _loadedAt, _lateAt;
    readonly FinishedJobCache _settled = new();
    readonly QueryCoalescer<JobKey, Job?> _statuses;
    readonly QueryCoalescer<JobKey, bool> _repaired;
    readonly QueryCoalescer<(JobKey Job, int Ordinal), GateFacts> _gates;

    public JobStore(ClickHouseClient clickHouse)
    {
        _clickHouse = clickHouse;
        _events = new(clickHouse, ClickHouseTables.JobEvents, JobEventRow.Columns, JobJson.Default.JobEventRow);
        _started = new(WriteAsync);
        _statuses = new(ReadStatusesAsync);
        _gates = new(ReadGatesAsync);
        _repaired = new(ReadSourcesAsync);
    }

    /// <summary>Jobs of this process whose upload has ended and which are not settled yet: <see cref="JobMonitor"/> looks at these first.</summary>
    internal UnsettledJobs Ending { get; } = new();

    /// <summary>Jobs of this tenant whose upload ended in this process, and whose chunks are still in progress.</summary>
    public int OpenJobs(string tenantId) => Ending.CountOf(tenantId);

    /// <summary>Inserts sent.</summary>
    internal long Inserts => _events.Inserts;

    /// <summary>Creates the job durably, before the first of its chunks is appended.</summary>
    /// <exception cref="JobExistsException">Another request has made the job of the same label, or the same repair, first.</exception>
    public async Task CreateAsync(NewJob job, CancellationToken cancellationToken)
    {
        var created = new JobEvent(job.Key, JobEvent.Created, FactsOf(job));
        if (job.Label is null && job.SourceJobId is null)
            await WriteAsync(created, cancellationToken);
        else
        {
            // The same label, or the next repair of a file, is the same id on every API, and the first to insert it makes the job: so two uploads
            // never mix under one id.
            var made = await InsertFirstAsync(created, made => made is not null, cancellationToken);
            if (made?.Facts.Creator != created.Facts.Creator)
                throw new JobExistsException(job.Key);
        }
        JobMetrics.Created();
    }

    /// <summary>Waits until a single-chunk job is visible in ClickHouse and returns its status.</summary>
    /// <remarks>
    /// The record in the log is enough for there to be a job: whoever loads it says what it was (<see cref="JobEvent.Chunk"/>). That is usually done
    /// as soon as its creation could be written here, so it is looked for first; an insert is saved, which costs ClickHouse more than the looking.
    /// If this process dies first, nobody was told of the job.
    /// </remarks>
    /// <param name="begunAt">
    /// <see cref="Stopwatch.GetTimestamp"/> before the chunk was given to the log: so the job is older than all that was done for it.
    /// </param>
    /// <exception cref="ClickHouseException">May be called again.</exception>
    public async Task<Job> AcceptWholeAsync(NewJob job, long rows, long begunAt, CancellationToken cancellationToken)
    {
        var accepted = await AwaitLoadedAsync(job.Key, cancellationToken);
        if (accepted is null)
        {
            await WriteAsync(CreatedWhole(job, rows, begunAt), cancellationToken);
            accepted = await _statuses.ReadAsync(job.Key, cancellationToken)
                ?? throw new InvalidOperationException($"Job {job.Key.JobId} was created and is not there.");
        }
        Ending.Add(job.Key, accepted.IsOver);
        JobMetrics.Created();
        return accepted;
    }

    /// <summary>Says that there is a job whose chunk is given up: there has to be one to fail.</summary>
    public async Task EnsureCreatedAsync(NewJob job, long rows, CancellationToken cancellationToken)
    {
        if (await ReadAsync(job.Key, cancellationToken) is null)
            await WriteAsync(CreatedWhole(job, rows, Stopwatch.GetTimestamp()), cancellationToken);
    }

    /// <summary>The job as soon as it is loaded; null where that takes longer than its creation would, or where the last one took too long a moment ago.</summary>
    async Task<Job?> AwaitLoadedAsync(JobKey key, CancellationToken cancellationToken)
    {
        var lateAt = Interlocked.Read(ref _lateAt);
        if (lateAt > Interlocked.Read(ref _loadedAt) && Stopwatch.GetElapsedTime(lateAt) < BacklogMemory)
            return null;
        var since = Stopwatch.GetTimestamp();
        for (var pause = FirstLook; ; pause = NextLook)
        {
            await Task.Delay(pause, cancellationToken);
            if (await _statuses.ReadAsync(key, cancellationToken) is { } job)
            {
                Interlocked.Exchange(ref _loadedAt, Stopwatch.GetTimestamp());
                return job;
            }
            if (Stopwatch.GetElapsedTime(since) < LookTimeout)
                continue;
            Interlocked.Exchange(ref _lateAt, Stopwatch.GetTimestamp());
            return null;
        }
    }

    static JobEvent CreatedWhole(NewJob job, long rows, long happenedAt) =>
        new(job.Key, JobEvent.Created, FactsOf(job) with { TotalRows = rows, TotalChunks = 1 }) { HappenedAt = happenedAt };

    /// <summary>How far the upload is; also its heartbeat, every 2 s while it runs.</summary>
    /// <param name="totalRows">Rows seen so far.</param>
    /// <param name="chunks">Chunks that the log has acknowledged so far.</param>
    public Task UploadProgressAsync(JobAttempt upload, long totalRows, int chunks, CancellationToken cancellationToken) =>
        WriteAsync(new(upload.Key, JobEvent.Progress, new() { Attempt = upload.Fact, UploadRows = totalRows, UploadChunks = chunks }), cancellationToken);

    /// <summary>The upload is complete: every row is in a chunk, and every chunk has been acknowledged by the log.</summary>
    public Task UploadEndedAsync(JobAttempt upload, long totalRows, int chunks, CancellationToken cancellationToken) =>
        UploadEndedAsync(upload, totalRows, chunks, default, cancellationToken);

    /// <param name="file">What is known of the file at its end.</param>
    /// <inheritdoc cref="UploadEndedAsync(JobAttempt, long, int, CancellationToken)"/>
    public Task UploadEndedAsync(JobAttempt upload, long totalRows, int chunks, UploadedFile file, CancellationToken cancellationToken) => EndAsync(
        new(upload.Key, JobEvent.Ended, new()
        {
            Attempt = upload.Fact, TotalRows = totalRows, TotalChunks = chunks, BlankLines = file.BlankLines, Digest = file.Digest,
        }), cancellationToken);

    /// <summary>The header line does not fit the model: the job is FAILED and all its rows are errors. No chunk was appended.</summary>
    /// <param name="cause">What is likely wrong with it, in a sentence; null where nothing suggests itself.</param>
    public Task HeaderFaultAsync(JobKey key, long totalRows, string? cause, CancellationToken cancellationToken) =>
        EndAsync(new(key, JobEvent.Ended, new() { TotalRows = totalRows, TotalChunks = 0, HeaderFault = 1, HeaderCause = cause }), cancellationToken);

    /// <summary>The upload broke off: the job is FAILED.</summary>
    /// <param name="totalRows">Rows of the chunks that reached the log, not those that were read.</param>
    /// <param name="chunks">How many chunks that were.</param>
    public Task FailUploadAsync(
        JobAttempt upload, string code, string message, long totalRows, int chunks, CancellationToken cancellationToken) =>
        EndAsync(
            new(upload.Key, JobEvent.Failed, new()
            {
                Attempt = upload.Fact, TotalRows = totalRows, TotalChunks = chunks, UploadFailureCode = code, UploadFailure = message,
            }),
            cancellationToken);

    /// <summary>A chunk is being worked on. A long one makes its job RUNNING; of a short one the receipt says so soon enough.</summary>
    public void ChunkStarted(JobKey key) => _started.Add(key);

    /// <summary>Records that a chunk is done. Returns once the receipt is durable.</summary>
    /// <remarks>That of a chunk which is all of its job tells of the job too: one insert less to wait for.</remarks>
    public async Task AddReceiptAsync(Receipt receipt, CancellationToken cancellationToken)
    {
        var key = new JobKey(receipt.TenantId, receipt.JobId);
        var about = receipt.Whole is { } whole ? FactsOf(whole) with { TotalRows = receipt.Rows, TotalChunks = 1 } : new JobEventData();
        var since = receipt.Whole is null ? receipt.StartedAt : receipt.AppendedAt;
        var took = Between(since, receipt.FinishedAt);
        await WriteAsync(
            new(key, JobEvent.Chunk, about with
            {
                Attempt = new JobAttempt(key, receipt.Attempt).Fact,
                Rows = receipt.Rows,
                Success = receipt.Success,
                Errors = receipt.Errors,
                // What was given up whole may come again with other bytes.
                Checksum = receipt.Success + receipt.Errors > 0 ? receipt.Checksum : null,
                WaitedMs = receipt.Whole is null ? null : (long)Between(since, receipt.StartedAt).TotalMilliseconds,
                TookMs = (long)took.TotalMilliseconds,
                Worker = receipt.Worker,
            })
            {
                Ordinal = receipt.Ordinal,
                HappenedAt = Stopwatch.GetTimestamp() - (long)(took.TotalSeconds * Stopwatch.Frequency),
            }, cancellationToken);
        _started.Remove(key);
    }

    static TimeSpan Between(DateTimeOffset from, DateTimeOffset to) => to > from ? to - from : TimeSpan.Zero;

    /// <summary>The id of a labelled job: the same label of the same tenant is the same job on every API.</summary>
    /// <param name="generation">Counts the jobs of the label: the next one is made where all before loaded nothing.</param>
    public static string JobIdFor(string tenantId, string label, int generation = 0) =>
        IdOf(generation == 0 ? $"{tenantId}\0{label}" : string.Create(CultureInfo.InvariantCulture, $"{tenantId}\0{label}\0{generation}"));

    static string IdOf(string name) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..BatchId.Length];

    /// <summary>Writes the final figures of a job down.</summary>
    internal async Task SettleAsync(Job job, CancellationToken cancellationToken)
    {
        await WriteAsync(
            new(job.Key, JobEvent.Settled, new()
            {
                Attempt = job.Upload.Fact,
                FinalState = JobStates.Name(job.State),
                FinalFailureCode = job.FailureCode,
                FinalFailure = job.Failure,
                FinalReceipts = job.Facts.Receipts,
                FinalRows = job.Facts.ReceiptRows,
                FinalSuccess = job.Facts.ReceiptSuccess,
                FinalErrors = job.Facts.ReceiptErrors,
                FinalStartedMs = job.Facts.FirstStartedMs,
                FinalFinishedMs = job.Facts.LastFinishedMs,
                LostChunks = job.Facts.LostChunks > 0 ? job.Facts.LostChunks : null,
            }),
            cancellationToken);
    }

    static JobEventData FactsOf(NewJob job) => new()
    {
        Creator = BatchId.New(),
        ModelId = job.ModelId,
        ModelName = job.ModelName,
        ModelVersion = job.ModelVersion,
        FileName = job.FileName,
        Label = job.Label,
        SourceJobId = job.SourceJobId,
        AlreadyRepaired = job.AlreadyRepaired,
        Again = job.Again ? 1 : null,
        HeaderLine = Convert.ToBase64String(job.HeaderLine),
        Delimiter = job.Delimiter,
        MaxErrors = job.MaxErrors,
        Quotes = job.Rules.LiteralQuotes ? job.Rules.Quotes : null,
        ShortRows = job.Rules.PadShortRows ? job.Rules.ShortRows : null,
        BlankLines = job.BlankLines,
        IgnoredColumns = job.IgnoredColumns is { Count: > 0 } ignored ? ignored : null,
        Warnings = job.Warnings is { Count: > 0 } warnings ? warnings : null,
        ChunkBytes = job.ChunkBytes,
        MaxChunkRows = job.MaxChunkRows,
        IgnoreExtraColumns = job.IgnoreExtraColumns ? true : null,
    };

    async Task EndAsync(JobEvent ended, CancellationToken cancellationToken)
    {
        await WriteAsync(ended, cancellationToken);
        Ending.Add(ended.Key);
    }

    Task WriteAsync(JobEvent happened, CancellationToken cancellationToken) => _events.WriteAsync(JobEventRow.Of(happened), cancellationToken);

    /// <summary>An event of which the first counts, whoever writes it: all who do have the same token. Returns the job as it is after it.</summary>
    Task<Job?> InsertFirstAsync(JobEvent happened, Func<Job?, bool> isThere, CancellationToken cancellationToken)
    {
        var row = JsonSerializer.SerializeToUtf8Bytes(JobEventRow.Of(happened), JobJson.Default.JobEventRow);
        return _clickHouse.InsertOnceAsync(
            ClickHouseTables.JobEvents, $"{happened.Key.JobId}:{happened.RowName}", () => ReadAsync(happened.Key, cancellationToken), isThere,
            token => _clickHouse.InsertJsonAsync(ClickHouseTables.JobEvents, JobEventRow.Columns, row, 1, token, cancellationToken), cancellationToken);
    }

    /// <summary>Writes what has been given, and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await _started.DisposeAsync();
        await _events.DisposeAsync();
    }
}
