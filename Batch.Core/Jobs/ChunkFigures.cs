namespace Batch.Core.Jobs;

/// <summary>What is known of a chunk, or of all chunks of a job that are done for the same attempts.</summary>
/// <param name="Ordinal">Of several the last.</param>
/// <param name="Attempt">The last of the attempts that the receipts are of.</param>
internal sealed record ChunkFigures(
    int Ordinal, long Chunks, long Rows, long Success, long Errors, long Attempt, uint Checksum, long StartedMs, long FinishedMs)
{
    /// <summary>Every row of it is loaded or rejected: no attempt has to bring it again.</summary>
    public bool IsComplete => Success + Errors == Rows;

    /// <summary>What an earlier attempt gave up, in whole or in part, the current one brings again.</summary>
    public bool IsDoneFor(int attempt) => IsComplete || Attempt >= attempt;

    /// <summary>Folds the receipts of each chunk: of the figures the maxima count, of the times those of the receipt that the table keeps.</summary>
    public static IEnumerable<ChunkFigures> Of(IEnumerable<ReadEventRow> receipts) => receipts.GroupBy(row => row.Ordinal).Select(some =>
    {
        var kept = some.MaxBy(row => (row.Success + row.Errors, -row.AtMs))!;
        return new ChunkFigures(
            some.Key, Math.Max(1, kept.Chunks), some.Max(row => row.Rows), some.Max(row => row.Success), some.Max(row => row.Errors),
            some.Max(row => row.Attempt), some.Max(row => row.Checksum), kept.StartedMs, kept.AtMs);
    });
}
