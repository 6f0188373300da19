using Batch.Csv.Dialects;

namespace Batch.Csv.Schema;

/// <summary>What the rows of a file may do that is refused otherwise. Said by the model, and by a job where its file differs.</summary>
/// <param name="LiteralQuotes">A quote inside an unquoted field is text.</param>
/// <param name="PadShortRows">A row with fewer fields than the header line is filled up with blanks.</param>
public readonly record struct RowRules(bool LiteralQuotes, bool PadShortRows)
{
    public const string Strict = "strict", Literal = "literal", Reject = "reject", Pad = "pad";

    /// <summary><c>strict</c> or <c>literal</c>.</summary>
    public string Quotes => LiteralQuotes ? Literal : Strict;

    /// <summary><c>reject</c> or <c>pad</c>.</summary>
    public string ShortRows => PadShortRows ? Pad : Reject;

    /// <summary>How a file of that separator is read by these rules.</summary>
    /// <param name="file">What else is special about it.</param>
    public CsvDialect Dialect(byte delimiter, FileDialect? file = null)
    {
        var plain = new CsvDialect(delimiter, Quotes: LiteralQuotes ? QuoteRule.Literal : QuoteRule.Strict);
        return file is null ? plain : file.Grammar(plain);
    }

    /// <summary>How a file is read by these rules.</summary>
    /// <param name="file">What is special about it; null: nothing.</param>
    public CsvDialect Dialect(FileDialect? file) => Dialect(file?.DelimiterByte ?? (byte)',', file);

    /// <summary>The rules with what is said in words; null leaves a rule as it is.</summary>
    /// <exception cref="SchemaException">INVALID_SCHEMA: a word is not known.</exception>
    public RowRules With(string? quotes, string? shortRows) => new(
        quotes switch
        {
            null => LiteralQuotes,
            Strict => false,
            Literal => true,
            _ => throw SchemaFaults.Invalid("quotes", $"{SchemaFaults.Quote(quotes)} is not known; write {Strict} or {Literal}"),
        },
        shortRows switch
        {
            null => PadShortRows,
            Reject => false,
            Pad => true,
            _ => throw SchemaFaults.Invalid("short_rows", $"{SchemaFaults.Quote(shortRows)} is not known; write {Reject} or {Pad}"),
        });
}
