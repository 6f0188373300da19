using Batch.Core.Chunks;
using Batch.Core.Log;

namespace Batch.Tests.Chunks;

internal static class DecodedRecord
{
    /// <summary>The header of a record that carries one chunk.</summary>
    public static ChunkHeader ChunkHeader(this LogRecord record) => record.Chunk().Header;

    /// <summary>The one chunk of a record.</summary>
    public static LoggedChunk Chunk(this LogRecord record) => Assert.Single(ChunkHeaderCodec.Decode(record));
}
