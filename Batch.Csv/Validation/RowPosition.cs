using Batch.Core.Chunks;

namespace Batch.Csv.Validation;

/// <summary>Where a chunk's rows stood in the file they came from.</summary>
static class RowPosition
{
    /// <param name="row">The n-th row of the chunk, from 0.</param>
    public static long RowNumber(this ChunkHeader header, int row) =>
        header.RowNumbers is { } numbers ? numbers[row] : header.FirstRow + row;

    /// <param name="lineBreaks">Line breaks between the start of the chunk and the row.</param>
    public static long LineNumber(this ChunkHeader header, int row, int lineBreaks) =>
        header.LineNumbers is { } numbers ? numbers[row] : header.FirstLine + lineBreaks;
}
