using Batch.Csv.Dialects;

namespace Batch.Csv.Schema;

/// <summary>Members of a dialect that cannot both hold.</summary>
static class DialectRules
{
    /// <exception cref="SchemaException">INVALID_DIALECT: the message names the two and says which to change.</exception>
    public static void Check(FileDialect dialect)
    {
        var delimiter = dialect.Delimiter ?? ",";
        var quote = dialect.Quote ?? "\"";
        if (quote.Length > 0 && delimiter.Contains(quote, StringComparison.Ordinal))
            throw Same("delimiter", "quote", quote, "Choose another quote, or quote=none");
        if (dialect.Escape is { Length: > 0 } escape)
        {
            if (quote.Length == 0)
                throw DialectOptions.Invalid("escape is given and quote is none: an escape is read within quotes only. Leave one of the two out");
            if (delimiter.Contains(escape, StringComparison.Ordinal))
                throw Same("delimiter", "escape", escape, "Choose another escape");
        }
        if (dialect.Comment is { Length: > 0 } comment
            && (comment.StartsWith(delimiter, StringComparison.Ordinal) || delimiter.StartsWith(comment, StringComparison.Ordinal)
                || (quote.Length > 0 && comment.StartsWith(quote, StringComparison.Ordinal))))
            throw DialectOptions.Invalid(
                $"comment {SchemaFaults.Quote(comment)} is how a row may begin too: it is the delimiter or the quote. Choose another comment");
        var point = dialect.Decimal ?? ".";
        if (quote.Length == 0 && delimiter == point)
            throw Same("delimiter", "decimal", point, "A number could not be told from two fields: without quotes they must differ");
        if (dialect.Thousands is { Length: > 0 } thousands)
        {
            if (thousands == point)
                throw Same("decimal", "thousands", point, thousands == "." ? "Add decimal=comma" : "Choose another separator of thousands");
            if (quote.Length == 0 && delimiter == thousands)
                throw Same("delimiter", "thousands", thousands, "A number could not be told from two fields: without quotes they must differ");
        }
        if (Common(dialect.TrueValues, dialect.FalseValues) is { } both)
            throw Same("true_values", "false_values", both, "A text is one or the other");
        if ((Common(dialect.NullValues, dialect.TrueValues) ?? Common(dialect.NullValues, dialect.FalseValues)) is { } none)
            throw Same("null_values", "true_values or false_values", none, "A text is NULL or a truth");
        if (dialect.Currency?.FirstOrDefault(sign => sign.Any(c => char.IsAsciiDigit(c) || c is '.' or ',' or '-' or '+')) is { } number)
            throw DialectOptions.Invalid($"currency has {SchemaFaults.Quote(number)}, of which a part could be of a number. Give signs such as € or EUR");
    }

    static string? Common(IReadOnlyList<string>? one, IReadOnlyList<string>? other) => one is null || other is null ? null : one.FirstOrDefault(other.Contains);

    static SchemaException Same(string one, string other, string text, string remedy) =>
        DialectOptions.Invalid($"{one} and {other} are both {SchemaFaults.Quote(text)}. {remedy}");
}
