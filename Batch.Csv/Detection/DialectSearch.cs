using System.Text;
using System.Text.Unicode;
using Batch.Csv.Cutting;
using Batch.Csv.Dialects;
using Batch.Csv.Schema;
using Batch.Csv.Validation;

namespace Batch.Csv.Detection;

/// <summary>Looks for the line of a file that reads as the model's names: it settles separator, quote, character set and preamble together.</summary>
/// <remarks>
/// What a job says of its file is not questioned. What a model says, and otherwise plain CSV, goes first wherever it fits; where it does not, the
/// names are the proof, and where they are none, nothing is found.
/// </remarks>
/// <param name="schema">The model.</param>
/// <param name="rules">Of the job.</param>
/// <param name="ignoreExtraColumns">Columns that the model does not have may be there.</param>
sealed class DialectSearch(ModelSchema schema, RowRules rules, ToldDialect told, bool ignoreExtraColumns)
{
    const int MaxLines = 100, MaxColumns = 10_000;

    static readonly string[] Delimiters = [",", ";", "\t", "|", "||", ";;", "::", "¦", " "];

    static readonly string[] Quotes = ["\"", "'"];

    readonly FileDialect _told = told.All ?? new();

    FileDialect? Given => told.Given;

    /// <summary>The dialects in which one line, the first such, is the header line: one, several that differ, or none.</summary>
    /// <param name="head">The file's first bytes.</param>
    /// <param name="isWhole">There are no more.</param>
    public IReadOnlyList<FileDialect> Find(ReadOnlySpan<byte> head, bool isWhole)
    {
        if ((_told.Header ?? 1) != 1)
            return [];
        foreach (var encoding in Encodings(head))
        {
            var lines = Lines(Text(head, encoding), isWhole && head.Length <= FileSniffer.HeadBytes);
            var from = Given?.Skip is { } skip ? Math.Min(skip, lines.Count) : 0;
            for (var i = from; i < (Given?.Skip is null ? lines.Count : Math.Min(from + 1, lines.Count)); i++)
            {
                var found = InLine(lines[i]).Where(dialect => IsPreamble(lines.Take(i), dialect)).ToList();
                if (found.Count > 0)
                    return [.. found.Select(dialect => dialect with { Encoding = encoding, Skip = i }).Select(dialect => dialect.Normalized() ?? new())];
            }
        }
        return [];
    }

    /// <summary>What was told, and otherwise what the bytes prove: the zeros of UTF-16, or that they are no UTF-8.</summary>
    IEnumerable<string?> Encodings(ReadOnlySpan<byte> head)
    {
        var encodings = new List<string?> { _told.Encoding };
        if (Given?.Encoding is not null || SourceEncoding.OfMark(head) is not null || FileSniffer.Utf8MarkLength(head) > 0)
            return encodings;
        if (FileSniffer.WideText(head) is { } wide)
            encodings.Add(wide);
        else if (!Utf8.IsValid(head[..(head.LastIndexOf((byte)'\n') + 1)]))
            encodings.Add("windows-1252");
        if (_told.Encoding is not null)
            encodings.Add("UTF-8");
        return encodings;
    }

    static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> head, string? encoding)
    {
        head = head[..Math.Min(head.Length, FileSniffer.HeadBytes)];
        var source = SourceEncoding.OfMark(head)?.Encoding ?? (encoding is null ? null : SourceEncoding.Of(encoding));
        var text = head;
        if (source is not null)
        {
            var output = new byte[(SourceEncoding.MostBytesPerByte * head.Length) + 8];
            text = output.AsSpan(0, source.Convert(head, isFinal: false, output).Written);
        }
        return text[FileSniffer.Utf8MarkLength(text)..];
    }

    static List<byte[]> Lines(ReadOnlySpan<byte> text, bool isWhole)
    {
        var lines = new List<byte[]>();
        while (!text.IsEmpty && lines.Count < MaxLines)
        {
            var end = text.IndexOfAny((byte)'\n', (byte)'\r');
            if (end < 0 && !isWhole)
                break;
            lines.Add(text[..(end < 0 ? text.Length : end)].ToArray());
            text = end < 0 ? default : text[(end + (text[end..].StartsWith("\r\n"u8) ? 2 : 1))..];
        }
        return lines;
    }

    IEnumerable<FileDialect> InLine(byte[] line)
    {
        if (InLine(line, _told.Delimiter ?? ",") is { } told)
            return [told];
        return Given?.Delimiter is not null ? [] : Delimiters.Select(delimiter => InLine(line, delimiter)).OfType<FileDialect>();
    }

    FileDialect? InLine(byte[] line, string delimiter)
    {
        if (schema.Columns.Count > 1 && line.AsSpan().IndexOf(Encoding.UTF8.GetBytes(delimiter)) < 0)
            return null;
        string?[] quotes = Given?.Quote is null ? [_told.Quote, .. Quotes.Where(quote => line.Contains((byte)quote[0]))] : [_told.Quote];
        return quotes.Select(quote => _told with { Delimiter = delimiter, Quote = quote })
            .FirstOrDefault(dialect => Read(line, dialect) is { } names && ColumnMapping.Map(names, schema, ignoreExtraColumns).Fits);
    }

    /// <summary>Lines that are narrower than the header, or almost blank. Anything else may be rows, which are never skipped.</summary>
    bool IsPreamble(IEnumerable<byte[]> lines, FileDialect dialect) => Given?.Skip is not null || lines.All(line =>
        line.All(value => value is (byte)' ' or (byte)'\t')
        || (Read(line, dialect) is { } fields && 2 * fields.Count(field => field.Length > 0) <= schema.Columns.Count));

    IReadOnlyList<string>? Read(byte[] line, FileDialect dialect)
    {
        try
        {
            DialectRules.Check(dialect);
            var grammar = rules.Dialect(dialect) with { MaxRowBytes = Math.Max(line.Length, 1) };
            return CsvHeader.Parse(line, grammar, MaxColumns).Names;
        }
        catch (Exception fault) when (fault is CsvFileException or SchemaException)
        {
            // It cannot be read so, or what is told of the file forbids it.
            return null;
        }
    }
}
