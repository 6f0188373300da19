namespace Batch.Core.Jobs;

/// <summary>The counts of a chunk, or of all chunks of a job that were done in the same attempt.</summary>
/// <param name="Ordinal">The last, if there are several.</param>
/// <param name="Attempt">The last attempt of the receipts.</param>
internal sealed record ChunkFigures(
    int Ordinal, long Chunks, long Rows, long Success, long Errors, int Attempt, uint Checksum, long StartedMs, long FinishedMs)
{
    /// <summary>Every row of it is loaded or rejected: no attempt has to send it again.</summary>
    public bool IsComplete => Success + Errors == Rows;

    /// <summary>What an earlier attempt gave up, in whole or in part, the current one sends again.</summary>
    public bool IsDoneFor(int attempt) => IsComplete || Attempt >= attempt;

    /// <summary>Folds the receipts of each chunk: of the figures the maxima count, of the times those of the receipt that the table keeps.</summary>
    public static IEnumerable<ChunkFigures> Of(IEnumerable<ReadEventRow> events) => events
        .Where(row => JobEvent.IsReceipt(row.Event)).Select(Of).GroupBy(chunk => chunk.Ordinal)
        .Select(some => some.Count() == 1 ? some.First() : some.OrderByDescending(chunk => chunk.Success + chunk.Errors).ThenBy(chunk => chunk.StartedMs)
            .Aggregate((kept, other) => kept with
            {
                Rows = Math.Max(kept.Rows, other.Rows),
                Success = Math.Max(kept.Success, other.Success),
                Errors = Math.Max(kept.Errors, other.Errors),
                Attempt = Math.Max(kept.Attempt, other.Attempt),
                Checksum = Math.Max(kept.Checksum, other.Checksum),
            }));

    static ChunkFigures Of(ReadEventRow row)
    {
        var facts = JobProjection.FactsOf(row);
        var startedMs = row.AtMs + (facts.WaitedMs ?? 0);
        return row.Chunks > 0
            ? new(row.Ordinal, row.Chunks, row.Rows, row.Success, row.Errors, row.Attempt, 0, startedMs, row.FinishedMs)
            : new(row.Ordinal, 1, facts.Rows ?? 0, facts.Success ?? 0, facts.Errors ?? 0, facts.Attempt ?? 0, facts.Checksum ?? 0,
                startedMs, row.AtMs + (facts.TookMs ?? 0));
    }
}
