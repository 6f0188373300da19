using System.Text.Json;
using System.Text.Json.Serialization;

namespace Batch.Csv.Dialects;

/// <summary>How a file differs from plain CSV in UTF-8: part of a model, and given again for a job whose file differs from the others.</summary>
/// <remarks>
/// <para>Null everywhere is "as in plain CSV"; what is null here says nothing, and <see cref="Over"/> takes it from the model.</para>
/// <para>
/// Who needs what: <see cref="Encoding"/>, <see cref="Skip"/>, <see cref="Header"/> and <see cref="Footer"/> end with the cut, no row knows of them. The
/// next four are the grammar (<see cref="Grammar"/>). The others say what the text of a value means. The last two kinds travel with the rows
/// (<see cref="OfRows"/>).
/// </para>
/// Stored with models, jobs and chunks: add members, never rename one.
/// </remarks>
public sealed record FileDialect
{
    /// <summary>Name of a character set; null: UTF-8, or what the byte order mark says.</summary>
    public string? Encoding { get; init; }
    /// <summary>Lines before the header line that are neither it nor rows.</summary>
    public int? Skip { get; init; }
    /// <summary>Lines that the header consists of; 0: none, the fields are the model's columns in their order. Null: 1.</summary>
    public int? Header { get; init; }
    /// <summary>Lines at the end that are no rows.</summary>
    public int? Footer { get; init; }

    /// <summary>Between fields; one character or several. Null: a comma.</summary>
    public string? Delimiter { get; init; }
    /// <summary>Around a field; empty: no character is one. Null: <c>"</c>.</summary>
    public string? Quote { get; init; }
    /// <summary>Before a quote within quotes, and before itself; null: a quote is doubled.</summary>
    public string? Escape { get; init; }
    /// <summary>What lines begin with that are no rows; null: no line does.</summary>
    public string? Comment { get; init; }

    /// <summary>Texts that are NULL, quoted or not.</summary>
    public IReadOnlyList<string>? NullValues { get; init; }
    /// <summary>Texts that are true, beside those of plain CSV.</summary>
    public IReadOnlyList<string>? TrueValues { get; init; }
    public IReadOnlyList<string>? FalseValues { get; init; }
    /// <summary>Between the whole part and the fraction of a number; null: a point.</summary>
    public string? Decimal { get; init; }
    /// <summary>Between groups of three digits; null: nothing is.</summary>
    public string? Thousands { get; init; }
    /// <summary>Signs that may stand before or after a number.</summary>
    public IReadOnlyList<string>? Currency { get; init; }
    /// <summary>Spaces and tabs around a value that is not quoted do not belong to it.</summary>
    public bool? Trim { get; init; }

    /// <summary>The first byte of the delimiter.</summary>
    [JsonIgnore]
    public byte DelimiterByte => Delimiter is null ? (byte)',' : Text(Delimiter)[0];

    /// <summary>The values of some columns are written in another way than the columns' parsers read them.</summary>
    [JsonIgnore]
    public bool ChangesValues => NullValues is not null || TrueValues is not null || FalseValues is not null || Decimal is not null || Thousands is not null
        || Currency is not null || Trim is true;

    /// <summary>This grammar, where what is said here differs from it.</summary>
    internal CsvDialect Grammar(CsvDialect plain)
    {
        var delimiter = Delimiter is null ? [plain.Delimiter] : Text(Delimiter);
        return plain with
        {
            Delimiter = delimiter[0],
            DelimiterRest = ShortText.Of(delimiter.AsSpan(1)),
            Quote = Quote is [var quote] ? (byte)quote : plain.Quote,
            Quotes = Quote is "" ? QuoteRule.None : plain.Quotes,
            Escape = Escape is [var escape] ? (byte)escape : (byte)0,
            Comment = ShortText.Of(Text(Comment ?? "")),
        };
    }

    static byte[] Text(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    /// <summary>This where it says something, and otherwise <paramref name="model"/>.</summary>
    public FileDialect Over(FileDialect? model) => model is null ? this : new()
    {
        Encoding = Encoding ?? model.Encoding,
        Skip = Skip ?? model.Skip,
        Header = Header ?? model.Header,
        Footer = Footer ?? model.Footer,
        Delimiter = Delimiter ?? model.Delimiter,
        Quote = Quote ?? model.Quote,
        Escape = Escape ?? model.Escape,
        Comment = Comment ?? model.Comment,
        NullValues = NullValues ?? model.NullValues,
        TrueValues = TrueValues ?? model.TrueValues,
        FalseValues = FalseValues ?? model.FalseValues,
        Decimal = Decimal ?? model.Decimal,
        Thousands = Thousands ?? model.Thousands,
        Currency = Currency ?? model.Currency,
        Trim = Trim ?? model.Trim,
    };

    /// <summary>The same without what is as in plain CSV; null where nothing is left.</summary>
    public FileDialect? Normalized() => Unless(new()
    {
        Encoding = Encoding is null || SourceEncoding.IsUtf8(Encoding) ? null : Encoding,
        Skip = Skip is 0 ? null : Skip,
        Header = Header is 1 ? null : Header,
        Footer = Footer is 0 ? null : Footer,
        Delimiter = Delimiter is "," ? null : Delimiter,
        Quote = Quote is "\"" ? null : Quote,
        Escape = Escape is "" || Escape == (Quote ?? "\"") ? null : Escape,
        Comment = Comment is "" ? null : Comment,
        NullValues = NullValues is { Count: > 0 } ? NullValues : null,
        TrueValues = TrueValues is { Count: > 0 } ? TrueValues : null,
        FalseValues = FalseValues is { Count: > 0 } ? FalseValues : null,
        Decimal = Decimal is "." ? null : Decimal,
        Thousands = Thousands is "" ? null : Thousands,
        Currency = Currency is { Count: > 0 } ? Currency : null,
        Trim = Trim is true ? true : null,
    });

    /// <summary>What the rows are read by; null where that is plain CSV, but for a delimiter of one byte, which chunks and jobs have apart from this.</summary>
    public FileDialect? OfRows() => Unless(this with
    {
        Encoding = null,
        Skip = null,
        Header = null,
        Footer = null,
        Delimiter = Delimiter is { Length: 1 } one && char.IsAscii(one[0]) ? null : Delimiter,
    });

    /// <summary>What a job keeps of it beside a delimiter of one byte.</summary>
    public FileDialect? OfJob() => this with { Delimiter = null } == new FileDialect() ? OfRows() : this;

    /// <summary>How the rows are read once they are out of their file.</summary>
    public FileDialect? WithoutHead() => Unless(this with { Encoding = null, Skip = null, Header = null, Footer = null });

    static FileDialect? Unless(FileDialect dialect) => dialect == new FileDialect() ? null : dialect;

    public bool Equals(FileDialect? other) => other is not null && (ReferenceEquals(this, other) || ToString() == other.ToString());

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>As JSON: the same text for the same dialect.</summary>
    public override string ToString() => JsonSerializer.Serialize(this, FileDialectJson.Default.FileDialect);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(FileDialect))]
internal sealed partial class FileDialectJson : JsonSerializerContext;
