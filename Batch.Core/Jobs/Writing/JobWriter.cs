using System.Diagnostics;
using System.Text.Json;
using Batch.Core.ClickHouse;
using Batch.Core.Ids;
using Batch.Core.Jobs.Reading;
using Batch.Core.Telemetry;

namespace Batch.Core.Jobs.Writing;

/// <summary>Writes down what happens to jobs: events, the receipts of their chunks among them.</summary>
/// <remarks>
/// Writing is inserting into <c>job_events</c>, many callers' rows in one insert (<see cref="BatchingInserter{T}"/>).
/// Every write may be repeated, and a write that threw may or may not have happened. <c>JobWriter.Stop.cs</c> cancels and fails jobs.
/// </remarks>
public sealed partial class JobWriter : IAsyncDisposable
{
    readonly ClickHouseClient _clickHouse;
    readonly JobReader _jobs;
    readonly TimeProvider _time;
    readonly BatchingInserter<JobEventRow> _events;
    readonly RunningMarker _started;
    readonly LoadedJobWatch _loaded;

    public JobWriter(ClickHouseClient clickHouse, JobReader jobs, TimeProvider time)
    {
        (_clickHouse, _jobs, _time) = (clickHouse, jobs, time);
        _events = new(clickHouse, ClickHouseTables.JobEvents, JobEventRow.Columns, JobJson.Default.JobEventRow, time);
        _started = new(WriteAsync);
        _loaded = new(jobs, time);
    }

    /// <summary>Jobs of this process whose upload has ended and which are not settled yet: <c>JobMonitor</c> looks at these first.</summary>
    internal UnsettledJobs Ending { get; } = new();

    /// <summary>Jobs of this tenant whose upload ended in this process, and whose chunks are still in progress.</summary>
    public int OpenJobs(string tenantId) => Ending.CountOf(tenantId);

    /// <summary>Inserts sent.</summary>
    internal long Inserts => _events.Inserts;

    /// <summary>Creates the job durably, before the first of its chunks is appended.</summary>
    /// <exception cref="JobExistsException">Another request has made the job of the same label, or the same repair, first.</exception>
    public async Task CreateAsync(NewJob job, CancellationToken cancellationToken)
    {
        var created = new JobEvent(job.Key, JobEvent.Created, JobEventData.Of(job));
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
    public async Task<Job> AcceptSingleChunkAsync(NewJob job, long rows, long begunAt, CancellationToken cancellationToken)
    {
        var accepted = await _loaded.WaitAsync(job.Key, cancellationToken);
        if (accepted is null)
        {
            await WriteAsync(CreatedWhole(job, rows, begunAt), cancellationToken);
            accepted = await _jobs.ReadStatusAsync(job.Key, cancellationToken)
                ?? throw new ClickHouseException(
                    ClickHouseErrors.NoAnswer, $"Job {job.Key.JobId} was created and is not there: tables or data were removed.", isTransient: true);
        }
        Ending.Add(job.Key, accepted.IsOver);
        JobMetrics.Created();
        return accepted;
    }

    /// <summary>Says that there is a job whose chunk is given up: there has to be one to fail.</summary>
    public async Task EnsureCreatedAsync(NewJob job, long rows, CancellationToken cancellationToken)
    {
        if (await _jobs.ReadAsync(job.Key, cancellationToken) is null)
            await WriteAsync(CreatedWhole(job, rows, Stopwatch.GetTimestamp()), cancellationToken);
    }

    static JobEvent CreatedWhole(NewJob job, long rows, long happenedAt) =>
        new(job.Key, JobEvent.Created, JobEventData.Of(job) with { TotalRows = rows, TotalChunks = 1 }) { HappenedAt = happenedAt };

    /// <summary>Opens the next attempt of a labelled load that broke off. From here on, whatever ended the previous one no longer counts.</summary>
    /// <param name="job">As it was when it was found resumable.</param>
    /// <param name="maxErrors">Of the new request; includes rows rejected earlier.</param>
    /// <exception cref="JobExistsException">Another request has opened it.</exception>
    public async Task<JobAttempt> ResumeAsync(Job job, long? maxErrors, CancellationToken cancellationToken)
    {
        var upload = new JobAttempt(job.Key, job.Upload.Number + 1);
        var resumed = new JobEvent(job.Key, JobEvent.Resumed, new() { Attempt = upload.Number, Creator = BatchId.New(), MaxErrors = maxErrors });
        var made = await InsertFirstAsync(resumed, made => made?.Upload.Number >= upload.Number, cancellationToken);
        return made?.Upload == upload && made.Facts.AttemptCreator == resumed.Facts.Creator ? upload : throw new JobExistsException(job.Key);
    }

    /// <summary>How far the upload is; also its heartbeat, every 2 s while it runs.</summary>
    /// <param name="totalRows">Rows seen so far.</param>
    /// <param name="chunks">Chunks that the log has acknowledged so far.</param>
    public Task UploadProgressAsync(JobAttempt upload, long totalRows, int chunks, CancellationToken cancellationToken) =>
        WriteAsync(new(upload.Key, JobEvent.Progress, new() { Attempt = upload.Fact, UploadRows = totalRows, UploadChunks = chunks }), cancellationToken);

    /// <summary>The upload is complete: every row is in a chunk, and every chunk has been acknowledged by the log.</summary>
    /// <param name="file">What is known of the file at its end.</param>
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
        var about = receipt.Whole is { } whole ? JobEventData.Of(whole) with { TotalRows = receipt.Rows, TotalChunks = 1 } : new JobEventData();
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
            ClickHouseTables.JobEvents, $"{happened.Key.JobId}:{happened.RowName}", () => _jobs.ReadAsync(happened.Key, cancellationToken), isThere,
            token => _clickHouse.InsertJsonAsync(ClickHouseTables.JobEvents, JobEventRow.Columns, row, 1, token, cancellationToken), cancellationToken);
    }

    /// <summary>Writes what has been given, and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await _started.DisposeAsync();
        await _events.DisposeAsync();
    }
}
