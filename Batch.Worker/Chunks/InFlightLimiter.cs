using Batch.Core.Chunks;
using Batch.Primitives;

namespace Batch.Worker.Chunks;

/// <summary>Room for the chunks in hand of one member: a few large ones, or many small ones.</summary>
/// <remarks>
/// What a large chunk costs is memory and a core; a small one costs a wait for ClickHouse, several times over, and while it waits others can:
/// their gates, receipts and job events then share queries.
/// </remarks>
internal sealed class InFlightLimiter(int largeChunks) : FairSemaphore(largeChunks * PermitsOfLarge)
{
    /// <summary>Small chunks that take as much room as a large one.</summary>
    public const int PermitsOfLarge = 8;

    public static int PermitsOf(int bytes) => bytes <= SmallChunk.Bytes ? 1 : PermitsOfLarge;
}
