namespace Batch.EmbeddedClickHouse.Sql;

/// <summary>A token of SQL: where it starts, and where it ends (exclusive), in bytes.</summary>
internal readonly record struct SqlToken(SqlTokenKind Kind, int Start, int End)
{
    internal ReadOnlySpan<byte> In(ReadOnlySpan<byte> text) => text[Start..End];

    /// <summary>It is this keyword, in any case.</summary>
    /// <param name="text">The text that was cut up.</param>
    /// <param name="keyword">In upper case.</param>
    internal bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> keyword) =>
        Kind == SqlTokenKind.Word && System.Text.Ascii.EqualsIgnoreCase(In(text), keyword);

    internal bool IsSymbol(ReadOnlySpan<byte> text, char symbol) => Kind == SqlTokenKind.Symbol && text[Start] == symbol;
}

internal enum SqlTokenKind
{
    End,

    /// <summary>A keyword, a name or a number.</summary>
    Word,

    /// <summary>In backticks or double quotes.</summary>
    QuotedName,

    /// <summary>In single quotes, or a heredoc.</summary>
    Text,

    /// <summary>One byte of anything else.</summary>
    Symbol,
}
