namespace Batch.Core.Validation;

/// <summary>Reads one value of a column. A struct, so that the loop over a column has it inlined.</summary>
/// <typeparam name="T">As it lies in the block.</typeparam>
interface IValueParser<T> where T : unmanaged
{
    ParseVerdict Parse(ReadOnlySpan<byte> text, out T value);
}
