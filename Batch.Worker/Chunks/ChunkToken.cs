using Batch.Core.Chunks;

namespace Batch.Worker.Chunks;

/// <summary>The deduplication token of what is inserted of a record: the same whenever and by whomever it is inserted.</summary>
internal static class ChunkToken
{
    /// <param name="chunks">All of the record, not those of it that are left to do; or the one that is inserted by itself.</param>
    public static string Of(IReadOnlyList<LoggedChunk> chunks) =>
        $"{chunks[0].Header.JobId}:{chunks[0].Header.Ordinal}{(chunks.Count > 1 ? $"+{chunks.Count - 1}" : "")}";
}
