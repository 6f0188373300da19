using Batch.Core.Chunks;

namespace Batch.Worker.Chunks;

/// <summary>Some of the chunks that share a record cannot be validated by themselves either. Nothing of the record was inserted.</summary>
internal sealed class ChunkValidationException(IReadOnlyList<(LoggedChunk Chunk, Exception Reason)> unfit) : Exception(unfit[0].Reason.Message)
{
    public IReadOnlyList<(LoggedChunk Chunk, Exception Reason)> Unfit => unfit;

    /// <summary>No retry helps any of them.</summary>
    public bool IsForGood => unfit.All(found => found.Reason is ChunkFormatException);
}
