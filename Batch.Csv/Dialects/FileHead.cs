namespace Batch.Csv.Dialects;

/// <summary>What has to be known of a file before its first row: the part of a <see cref="FileDialect"/> that ends with the cut.</summary>
/// <param name="Encoding">Null: UTF-8, or what the byte order mark says.</param>
/// <param name="Skip">Lines before the header line.</param>
/// <param name="HeaderLines">Lines that the header consists of.</param>
/// <param name="Footer">Lines at the end that are no rows.</param>
/// <param name="Columns">What the fields are where the header has no lines.</param>
public sealed record FileHead(SourceEncoding? Encoding, int Skip, int HeaderLines, int Footer, IReadOnlyList<string> Columns)
{
    public static readonly FileHead Plain = new(null, 0, 1, 0, []);

    /// <param name="columns">The model's.</param>
    public static FileHead Of(FileDialect? dialect, IEnumerable<string> columns) => dialect is null ? Plain : new(
        dialect.Encoding is null ? null : SourceEncoding.Of(dialect.Encoding), dialect.Skip ?? 0, dialect.Header ?? 1, dialect.Footer ?? 0,
        dialect.Header == 0 ? [.. columns] : []);

    /// <summary>The body in UTF-8, without its footer.</summary>
    /// <param name="start">The body's first bytes, which have been read.</param>
    /// <returns>Null where the body is that already.</returns>
    internal Stream? TextOf(ReadOnlySpan<byte> start, Stream rest, int maxRowBytes)
    {
        // A byte order mark is proof, whatever is said of the file.
        var encoding = SourceEncoding.OfMark(start) is { } marked ? marked.Encoding
            : start.StartsWith("\uFEFF"u8) ? null : Encoding;
        if (encoding is null && Footer == 0)
            return null;
        Stream text = new Streams.PrependedStream(start.ToArray(), rest, leaveOpen: true);
        if (encoding is not null)
            text = new TranscodedStream(text, encoding);
        return Footer == 0 ? text : new FooterStream(text, Footer, maxRowBytes);
    }
}
