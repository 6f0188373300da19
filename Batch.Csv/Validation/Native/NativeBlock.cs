using System.Buffers;

namespace Batch.Csv.Validation.Native;

/// <summary>One block in ClickHouse's Native format (client revision 0), ready to be sent.</summary>
/// <param name="Rows">Number of rows; at least 1.</param>
/// <param name="Columns">The columns it holds, in order: the column list of the INSERT.</param>
/// <param name="Bytes">Column count, row count, columns. Lives in buffers of the validator that made it.</param>
public record NativeBlock(long Rows, IReadOnlyList<string> Columns, ReadOnlySequence<byte> Bytes);

/// <summary>A block of <c>rejected_rows</c>.</summary>
/// <param name="FirstRow">Lowest number of the rows it is about; <paramref name="LastRow"/> is the
/// highest. Of one chunk: two blocks share none between.</param>
public sealed record RejectedBlock(long Rows, IReadOnlyList<string> Columns, ReadOnlySequence<byte> Bytes, long FirstRow, long LastRow)
    : NativeBlock(Rows, Columns, Bytes);
