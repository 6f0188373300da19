using System.Text;

namespace Batch.Csv.Dialects;

/// <summary>A character set that files come in, and how its bytes become UTF-8.</summary>
/// <remarks>
/// Bytes that mean nothing in it become a byte that means nothing in UTF-8 either. So the row that they are in is INVALID_ENCODING, as any row is that is not
/// text; no character is ever put in their place.
/// </remarks>
public abstract class SourceEncoding
{
    /// <summary>In no UTF-8 text, wherever it is.</summary>
    protected const byte Invalid = 0xFF;

    /// <summary>Most bytes of UTF-8 that one byte of a file may become.</summary>
    public const int MostBytesPerByte = 4;

    /// <summary>Turns bytes into UTF-8.</summary>
    /// <param name="isFinal">Nothing comes after the input.</param>
    /// <param name="output">Room for <see cref="MostBytesPerByte"/> times the input and eight bytes.</param>
    /// <returns>How many bytes were taken, and how many written. What is not taken is the beginning of a character.</returns>
    internal abstract (int Taken, int Written) Convert(ReadOnlySpan<byte> input, bool isFinal, Span<byte> output);

    public static bool IsUtf8(string name) => Key(name) is "UTF8" or "UTF8SIG";

    /// <summary>The character set of that name; null for UTF-8, which needs no conversion.</summary>
    /// <exception cref="ArgumentException">There is none of that name, or CSV cannot be in it. The message says which names there are.</exception>
    public static SourceEncoding? Of(string name) => Key(name) switch
    {
        "UTF8" or "UTF8SIG" => null,
        "UTF16LE" => new Utf16Source(isBigEndian: false),
        "UTF16BE" => new Utf16Source(isBigEndian: true),
        "UTF32LE" => new Utf32Source(isBigEndian: false),
        "UTF32BE" => new Utf32Source(isBigEndian: true),
        "UTF16" or "UTF32" => throw new ArgumentException(
            $"'{name}' does not say the order of the bytes. A byte order mark tells it, and then nothing has to be given; without one, write {name}LE or {name}BE."),
        "LATIN1" => CodePage("iso-8859-1"),
        "ANSI" or "CP1252" => CodePage("windows-1252"),
        _ => CodePage(name),
    };

    /// <summary>What the byte order mark says; null where there is none, or that of UTF-8.</summary>
    internal static (SourceEncoding Encoding, string Name)? OfMark(ReadOnlySpan<byte> head) =>
        // FF FE 00 00 is UTF-32LE, and its first half alone UTF-16LE: the longer mark is tried first.
        head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE, 0, 0]) ? (new Utf32Source(isBigEndian: false), "UTF-32LE")
        : head.StartsWith((ReadOnlySpan<byte>)[0, 0, 0xFE, 0xFF]) ? (new Utf32Source(isBigEndian: true), "UTF-32BE")
        : head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) ? (new Utf16Source(isBigEndian: false), "UTF-16LE")
        : head.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) ? (new Utf16Source(isBigEndian: true), "UTF-16BE")
        : null;

    static string Key(string name) => name.Trim().Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();

    static SourceEncoding CodePage(string name)
    {
        Encoding? encoding;
        try
        {
            encoding = CodePagesEncodingProvider.Instance.GetEncoding(name.Trim()) ?? Encoding.GetEncoding(name.Trim());
        }
        catch (Exception fault) when (fault is ArgumentException or NotSupportedException)
        {
            encoding = null;
        }
        if (encoding is null || encoding.WebName is "utf-7")
            throw new ArgumentException($"'{name}' is not a character set that is known here. "
                + "Known are UTF-8, UTF-16LE, UTF-16BE, Windows-1250 to 1258, ISO-8859-1 to 16, Shift_JIS, EUC-JP, GB18030, Big5, EUC-KR, KOI8-R and others of their kind.");
        // EBCDIC, for one, has other line breaks.
        if (encoding.GetString("\r\n,;\"a0"u8) != "\r\n,;\"a0")
            throw new ArgumentException($"'{name}' has other bytes for line breaks and separators than ASCII has. Convert the file first.");
        return encoding.IsSingleByte ? new SingleByteSource(encoding) : new MultiByteSource(encoding);
    }
}
