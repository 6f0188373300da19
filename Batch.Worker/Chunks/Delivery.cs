using Batch.Core.Chunks;
using Batch.Core.Jobs.Reading;
using Batch.Core.Log;

namespace Batch.Worker.Chunks;

/// <summary>What an attempt at a record has to take into account.</summary>
internal enum DeliveryCase
{
    /// <summary>Nobody can have tried the record before.</summary>
    First,
    /// <summary>Another worker may have tried it.</summary>
    Again,
    /// <summary>Another worker may have tried it, and its deduplication token may be forgotten, or exist without its rows.</summary>
    AfterRestart,
}

/// <summary>Classifies a delivery. The one question: may anyone have tried this record before me, or be trying it now?</summary>
/// <remarks>
/// <code>
/// case          when                                                      gate   rows are inserted          a receipt counts
/// First         IsFirst: new in the log, never assigned, first attempt    none   under the record's token   what was validated
/// Again         any other                                                 run    under the record's token   what was validated
/// AfterRestart  a gate saw a restart of ClickHouse, or the load was       run    look, insert, look again   what was validated
///               resumed
/// and after the insert, whatever the case was:
/// restarted     MayHaveSleptThroughRestart, and the gate now says so      the attempt restarts, as AfterRestart
/// taken over    MayBeTakenOver, and a chunk has its receipt by now        -      -                          what is in the tables
/// </code>
/// In every case but the first, a chunk is left out if it has its receipt, if a later attempt of its job sends it again, or if its job is over and none of
/// its rows are in the tables. A record never changes, so the remaining chunks keep the same token.
/// </remarks>
internal sealed class Delivery(WorkerOptions options, TimeProvider time)
{
    /// <summary>There can be no receipt, and a cancel since the upload is treated as too late: no gate is needed.</summary>
    /// <remarks>The gate used to be more than a quarter of the load that small jobs put on ClickHouse.</remarks>
    public bool IsFirst(LogRecord record, IReadOnlyList<LoggedChunk> chunks) =>
        record.IsNew && InFlightLimiter.PermitsOf(record.Value.Length) == 1 && (time.GetUtcNow() - record.AppendedAt).Duration() < options.FreshFor
        // An error budget depends on the job's other chunks, and what an earlier attempt loaded on its receipts. Reprocessed rows may belong to
        // another job by now, if theirs is over.
        && chunks.All(chunk => chunk.Header is { Attempt: 0, RowNumbers: null } && (chunk.Header.MaxErrors is null || chunk.Header.Job is { MakesJob: true }));

    /// <param name="gates">Of the remaining chunks.</param>
    public static DeliveryCase CaseOf(bool isFirst, IEnumerable<ChunkPrecheck> gates) =>
        isFirst ? DeliveryCase.First : gates.Any(gate => gate.SawRestart) ? DeliveryCase.AfterRestart : DeliveryCase.Again;

    /// <summary>Whether to check ClickHouse's uptime once more: it may have crashed and come back since the gate ran.</summary>
    public bool MayHaveSleptThroughRestart(DeliveryCase delivery, TimeSpan took) =>
        delivery != DeliveryCase.AfterRestart && took > options.ShortestRestart;

    /// <summary>
    /// Whether another worker may have had the record meanwhile. It may have left out a chunk whose job was over by then, and inserted the rest under the
    /// record's token. An insert from here after that was dropped, including the rows of that chunk.
    /// </summary>
    public bool MayBeTakenOver(IReadOnlyList<LoggedChunk> chunks, bool isLost, TimeSpan took) =>
        chunks[0].Header is { IsShared: true, IsOfOldRules: false } && (isLost || took > options.ShortestTakeover);
}
