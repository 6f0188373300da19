using Batch.Core.Chunks;
using Batch.Core.Jobs.Reading;
using Batch.Core.Log;

namespace Batch.Worker.Chunks;

/// <summary>What an attempt at a record has to reckon with.</summary>
internal enum DeliveryCase
{
    /// <summary>Nobody can have tried the record before.</summary>
    First,
    /// <summary>Anybody may have.</summary>
    Again,
    /// <summary>The same, and a deduplication token may be forgotten, or be there without its rows.</summary>
    AfterRestart,
}

/// <summary>Tells which case a delivery is. The one question: may anyone have tried this record before me, or be trying it now?</summary>
/// <remarks>
/// <code>
/// case          when                                                      gate   rows are inserted          a receipt says
/// First         IsFirst: new in the log, in nobody's hands, first try     none   under the record's token   what was validated
/// Again         any other                                                 asked  under the record's token   what was validated
/// AfterRestart  a gate saw a restart of ClickHouse, or the load was       asked  look, insert, look again   what was validated
///               carried on
/// and after the insert, whatever the case was:
/// restarted     MayHaveSleptThroughRestart, and the gate now says so      the attempt begins anew, as AfterRestart
/// taken over    MayBeTakenOver, and a chunk has its receipt by now        -      -                          what stands in the tables
/// </code>
/// In every case but the first a chunk is left out that has its receipt, that a later attempt of its job brings again, or whose job is over and has none of
/// its rows in the tables. A record never changes, so whoever leaves a chunk out leaves the others under the same token.
/// </remarks>
internal sealed class Delivery(WorkerOptions options, TimeProvider time)
{
    /// <summary>There can be no receipt, and a stop that came since the upload may be treated as too late: no gate is needed.</summary>
    /// <remarks>The gate was more than a quarter of all that small jobs asked of ClickHouse.</remarks>
    public bool IsFirst(LogRecord record, IReadOnlyList<LoggedChunk> chunks) =>
        record.IsNew && InFlightLimiter.UnitsOf(record.Value.Length) == 1 && (time.GetUtcNow() - record.AppendedAt).Duration() < options.FreshFor
        // An error budget is a matter of the job's other chunks, and what an earlier attempt loaded is one of its receipts. Rows that are run again may be
        // another job's by now, where theirs is over.
        && chunks.All(chunk => chunk.Header is { Attempt: 0, RowNumbers: null } && (chunk.Header.MaxErrors is null || chunk.Header.Job is { MakesJob: true }));

    /// <param name="gates">Of the chunks that are left to do.</param>
    public static DeliveryCase CaseOf(bool isFirst, IEnumerable<ChunkPrecheck> gates) =>
        isFirst ? DeliveryCase.First : gates.Any(gate => gate.SawRestart) ? DeliveryCase.AfterRestart : DeliveryCase.Again;

    /// <summary>Whether to ask once more how long ClickHouse has been up: it may have crashed and come back since the gate was asked.</summary>
    public bool MayHaveSleptThroughRestart(DeliveryCase delivery, TimeSpan took) =>
        delivery != DeliveryCase.AfterRestart && took > options.ShortestRestart;

    /// <summary>
    /// Whether another worker may have had the record meanwhile. It may have left a chunk out, whose job was over by then, and inserted the rest under the
    /// record's token: what was inserted here after that was dropped, the rows of that chunk with it.
    /// </summary>
    public bool MayBeTakenOver(IReadOnlyList<LoggedChunk> chunks, bool isLost, TimeSpan took) =>
        chunks[0].Header.Format == ChunkHeaderCodec.SeveralChunks && (isLost || took > options.ShortestTakeover);
}
