using System.Text;
using Batch.Csv.Dialects;
using Batch.Csv.Validation.Parsing;

namespace Batch.Csv.Validation;

/// <summary>Writes a number of a file as the parsers read it: a point, no separators of thousands, no currency sign.</summary>
/// <remarks>What is no number in the file's dialect is none afterwards: a separator that is out of place becomes a comma, which no parser takes.</remarks>
sealed class NumberRewriter
{
    readonly byte _decimal;
    readonly byte[][] _thousands, _currency;

    NumberRewriter(FileDialect values)
    {
        _decimal = values.Decimal is "," ? (byte)',' : (byte)'.';
        // A space that does not break is still a space to whoever wrote the number, and so it is with the two apostrophes.
        _thousands = values.Thousands switch
        {
            null => [],
            " " => Texts([" ", "\u00A0", "\u202F"]),
            "'" => Texts(["'", "\u2019"]),
            var one => Texts([one]),
        };
        _currency = Texts(values.Currency ?? []);
    }

    public static NumberRewriter? Of(FileDialect? values) =>
        values is null || (values.Decimal is null && values.Thousands is null && values.Currency is null) ? null : new(values);

    /// <param name="text">May be where the output is.</param>
    /// <returns>Bytes written, no more than there were.</returns>
    public int Write(ReadOnlySpan<byte> text, Span<byte> output)
    {
        text = FieldParsers.Trim(text);
        var written = 0;
        if (text is [(byte)'-' or (byte)'+', ..])
        {
            output[written++] = text[0];
            text = WithoutCurrency(text[1..], out _);
        }
        else
        {
            text = WithoutCurrency(text, out var wasBefore);
            // -€5 is above; this is €-5.
            if (wasBefore && text is [(byte)'-', ..])
            {
                output[written++] = text[0];
                text = text[1..];
            }
        }

        var whole = text.IndexOf(_decimal);
        var length = whole < 0 ? WholeLength(text) : whole;
        written += WriteWhole(text[..length], output[written..]);
        foreach (var value in text[length..])
            output[written++] = value == _decimal ? (byte)'.' : value == (byte)'.' ? (byte)',' : value;
        return written;
    }

    /// <summary>Up to an exponent.</summary>
    static int WholeLength(ReadOnlySpan<byte> text)
    {
        var at = text.IndexOfAny((byte)'e', (byte)'E');
        return at < 0 ? text.Length : at;
    }

    int WriteWhole(ReadOnlySpan<byte> text, Span<byte> output)
    {
        var separator = SeparatorOf(text);
        var isGrouped = separator.Length > 0 && IsGrouped(text, separator);
        var written = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (isGrouped && text[i..].StartsWith(separator))
                i += separator.Length - 1;
            else
                // A point that is no decimal one, or a separator that is out of place.
                output[written++] = text[i] == (byte)'.' && _decimal != (byte)'.' ? (byte)',' : text[i];
        }
        return written;
    }

    /// <summary>The first separator in it: all others must be the same.</summary>
    ReadOnlySpan<byte> SeparatorOf(ReadOnlySpan<byte> text)
    {
        foreach (var one in _thousands)
        {
            if (text.IndexOf(one) >= 0)
                return one;
        }
        return default;
    }

    /// <summary>One to three digits, and then groups of three.</summary>
    static bool IsGrouped(ReadOnlySpan<byte> text, ReadOnlySpan<byte> separator)
    {
        var first = text.IndexOf(separator);
        if (first is < 1 or > 3 || text[..first].IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0)
            return false;
        for (text = text[first..]; text.Length > 0; text = text[(separator.Length + 3)..])
        {
            if (!text.StartsWith(separator) || text.Length < separator.Length + 3
                || text.Slice(separator.Length, 3).IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0)
                return false;
        }
        return true;
    }

    /// <summary>One sign is taken off, before the number or after it, and the space between them.</summary>
    ReadOnlySpan<byte> WithoutCurrency(ReadOnlySpan<byte> text, out bool wasBefore)
    {
        wasBefore = false;
        foreach (var sign in _currency)
        {
            wasBefore = text.StartsWith(sign);
            if (wasBefore)
                return TrimSpaces(text[sign.Length..]);
            if (text.EndsWith(sign))
                return TrimSpaces(text[..^sign.Length]);
        }
        return text;
    }

    static ReadOnlySpan<byte> TrimSpaces(ReadOnlySpan<byte> text)
    {
        while (true)
        {
            text = FieldParsers.Trim(text);
            if (text.StartsWith("\u00A0"u8))
                text = text[2..];
            else if (text.StartsWith("\u202F"u8))
                text = text[3..];
            else if (text.EndsWith("\u00A0"u8))
                text = text[..^2];
            else if (text.EndsWith("\u202F"u8))
                text = text[..^3];
            else
                return text;
        }
    }

    static byte[][] Texts(IReadOnlyList<string> texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];
}
