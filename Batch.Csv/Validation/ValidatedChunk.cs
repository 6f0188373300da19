using Batch.Csv.Validation.Native;
using Batch.Csv.Validation.Rejects;

namespace Batch.Csv.Validation;

/// <summary>A chunk, or several of a record, validated against their model: good rows ready for ClickHouse, bad rows with their reasons.</summary>
/// <remarks>
/// Valid until the validator's next validation, whose buffers it uses, and only as long as the chunks' bytes are.
/// The same chunks give the same blocks, byte for byte.
/// </remarks>
public sealed class ValidatedChunk
{
    readonly RejectedRowsPass _rejected;
    readonly int _version;

    internal ValidatedChunk(
        int rows, int errors, IReadOnlyList<int> errorsByChunk, IReadOnlyList<ErrorCount> errorCounts, NativeBlock? data, RejectedRowsPass rejected)
    {
        (Rows, Errors, ErrorsByChunk, ErrorCounts, Data) = (rows, errors, errorsByChunk, errorCounts, data);
        (_rejected, _version) = (rejected, rejected.Version);
    }

    public int Rows { get; }

    /// <summary>Good rows: those of <see cref="Data"/>.</summary>
    public int Success => Rows - Errors;

    /// <summary>Bad rows, each with one error at least.</summary>
    public int Errors { get; }

    /// <summary>The same for each of the chunks.</summary>
    public IReadOnlyList<int> ErrorsByChunk { get; }

    /// <summary>Errors by column and code, in the order of the model's columns; they add up to the entries of all <see cref="RejectedBlocks"/>.</summary>
    public IReadOnlyList<ErrorCount> ErrorCounts { get; }

    /// <summary>
    /// The good rows, for the model's table; null where there are none. Columns that may be left out and that the file does not have
    /// are left out here too.
    /// </summary>
    public NativeBlock? Data { get; }

    /// <summary>Every error of every bad row, for <c>rejected_rows</c>: blocks of at most 200,000 errors, a row's errors in one block.</summary>
    /// <remarks>Encoded one at a time: a block is valid until the next one is asked for. May be gone through again.</remarks>
    public IEnumerable<RejectedBlock> RejectedBlocks() => _rejected.Blocks(_version);

    /// <summary>The same errors one by one, for those who show them instead of loading them: nothing is encoded or allocated.</summary>
    public void VisitErrors(RejectedErrorVisitor visitor) => _rejected.Visit(_version, visitor);
}
