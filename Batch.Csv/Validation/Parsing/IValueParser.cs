namespace Batch.Csv.Validation.Parsing;

/// <summary>Reads one value of a column. A struct, so that the loop over a column has it inlined.</summary>
/// <typeparam name="T">As it lies in the block.</typeparam>
interface IValueParser<T> where T : unmanaged
{
    ParseOutcome Parse(ReadOnlySpan<byte> text, out T value);

    /// <summary>The same for text that is as it mostly is. False says nothing about it: <see cref="Parse"/> has to look.</summary>
    /// <param name="bytes">The first of sixteen bytes.</param>
    /// <param name="length">How many of them, at the end, are the text: 1 to 16.</param>
    bool TryParse(ref byte bytes, int length, out T value);
}
