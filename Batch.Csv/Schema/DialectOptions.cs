using System.Globalization;
using System.Text;
using System.Text.Json;
using Batch.Csv.Dialects;

namespace Batch.Csv.Schema;

/// <summary>
/// Reads a <see cref="FileDialect"/> from what people write: the object <c>dialect</c> of a model, options of a job, options of the command line.
/// </summary>
/// <remarks>One spelling for all of them. A character may be written as a word (<c>tab</c>), or by its code (<c>\x01</c>, <c>\u00A6</c>).</remarks>
public static class DialectOptions
{
    public const string InvalidDialect = "INVALID_DIALECT";

    /// <summary>More would be a file of its own.</summary>
    const int MaxLines = 1_000, MaxHeaderLines = 10;

    public static readonly IReadOnlyList<string> Names =
    [
        "encoding", "skip", "header", "footer", "delimiter", "quote", "escape", "comment", "null_values", "true_values", "false_values", "decimal", "thousands",
        "currency", "trim",
    ];

    /// <summary>The dialect with one more thing said of it.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="text">A list is separated by commas, or a JSON array of texts.</param>
    /// <exception cref="SchemaException">INVALID_DIALECT: what is said cannot be.</exception>
    public static FileDialect With(this FileDialect dialect, string name, string text) => name switch
    {
        "encoding" => dialect with { Encoding = EncodingName(text) },
        "skip" => dialect with { Skip = Lines(name, text, MaxLines) },
        "header" => dialect with { Header = text switch { "present" => 1, "absent" => 0, _ => Lines(name, text, MaxHeaderLines) } },
        "footer" => dialect with { Footer = Lines(name, text, MaxLines) },
        "delimiter" => dialect with { Delimiter = Delimiter(text) },
        "quote" => dialect with { Quote = text is "" or "none" ? "" : OneByte(name, text) },
        "escape" => dialect with { Escape = text is "" or "doubled" or "none" ? "" : OneByte(name, text) },
        "comment" => dialect with { Comment = text is "none" ? "" : Comment(text) },
        "null_values" => dialect with { NullValues = List(name, text) },
        "true_values" => dialect with { TrueValues = List(name, text) },
        "false_values" => dialect with { FalseValues = List(name, text) },
        "decimal" => dialect with { Decimal = Word(text) is "." or "," ? Word(text) : throw Fault(name, text, "a point or a comma") },
        "thousands" => dialect with
        {
            Thousands = text is "" or "none" ? ""
                : Word(text) is "." or "," or "'" or "_" or " " or "\u00A0" or "\u202F" or "\u2019"
                    ? Word(text)
                    : throw Fault(name, text, "one of . , ' _ space or none"),
        },
        "currency" => dialect with { Currency = text is "none" ? [] : List(name, text) },
        "trim" => dialect with { Trim = text switch { "true" or "" => true, "false" => false, _ => throw Fault(name, text, "true or false") } },
        _ => throw Invalid($"{SchemaFaults.Quote(name)} is not known; a dialect has {string.Join(", ", Names)}"),
    };

    /// <summary>A model's object <c>dialect</c>.</summary>
    /// <exception cref="SchemaException">INVALID_DIALECT.</exception>
    public static FileDialect? Read(JsonElement? json)
    {
        if (json is not { ValueKind: not JsonValueKind.Null } given)
            return null;
        if (given.ValueKind != JsonValueKind.Object)
            throw Invalid($"it is {SchemaFaults.Describe(given)}, where an object is needed: {{\"delimiter\": \";\", \"decimal\": \",\"}}");
        var dialect = new FileDialect();
        foreach (var member in given.EnumerateObject())
        {
            dialect = member.Value.ValueKind switch
            {
                JsonValueKind.Null => dialect,
                JsonValueKind.String => dialect.With(member.Name, member.Value.GetString()!),
                JsonValueKind.True => dialect.With(member.Name, "true"),
                JsonValueKind.False => dialect.With(member.Name, "false"),
                JsonValueKind.Number or JsonValueKind.Array => dialect.With(member.Name, member.Value.GetRawText()),
                _ => throw Invalid($"{member.Name} is {SchemaFaults.Describe(member.Value)}"),
            };
        }
        return dialect;
    }

    /// <summary>What is given over what a model says, without what is as in plain CSV; null where nothing is left.</summary>
    /// <exception cref="SchemaException">INVALID_DIALECT: two members cannot both hold.</exception>
    public static FileDialect? Of(FileDialect? given, FileDialect? model)
    {
        var dialect = given?.Over(model) ?? model;
        if (dialect is not null)
            DialectRules.Check(dialect);
        return dialect?.Normalized();
    }

    internal static SchemaException Invalid(string message) => new(InvalidDialect, $"dialect: {message}.");

    static SchemaException Fault(string name, string text, string expected) => Invalid($"{name} is {SchemaFaults.Quote(text)}, and must be {expected}");

    static string EncodingName(string text)
    {
        try
        {
            _ = SourceEncoding.Of(text);
            return text.Trim();
        }
        catch (ArgumentException fault)
        {
            throw Invalid("encoding: " + fault.Message.TrimEnd('.'));
        }
    }

    static int Lines(string name, string text, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var lines) && lines <= most ? lines
            : throw Fault(name, text, name == "header" ? $"present, absent or a number of lines up to {most}" : $"a number of lines from 0 to {most}");

    static string Delimiter(string text)
    {
        var word = Word(text);
        var bytes = Encoding.UTF8.GetBytes(word);
        return bytes.Length is >= 1 and <= ShortText.MaxLength && bytes.AsSpan().IndexOfAny((byte)0, (byte)'\n', (byte)'\r') < 0 ? word
            : throw Fault("delimiter", text, $"1 to {ShortText.MaxLength} bytes, none of them a line break: , ; | tab || or \\x01");
    }

    static string OneByte(string name, string text) => Word(text) is [var one] && char.IsAscii(one) && one is not ('\0' or '\n' or '\r') ? one.ToString()
        : throw Fault(name, text, "one ASCII character, or " + (name == "quote" ? "none" : "doubled"));

    static string Comment(string text) =>
        Encoding.UTF8.GetByteCount(text) is >= 1 and <= ShortText.MaxLength && !text.Any(char.IsControl) ? text
            : throw Fault("comment", text, $"a text of 1 to {ShortText.MaxLength} bytes, or none");

    static List<string> List(string name, string text)
    {
        try
        {
            var list = text.StartsWith('[') ? [.. JsonElement.Parse(text).EnumerateArray().Select(item => item.GetString()!)] : text.Split(',').ToList();
            list.RemoveAll(item => item is null or "");
            return list.Count <= 100 && list.TrueForAll(item => item.Length <= 100)
                ? list
                : throw Fault(name, text, "at most 100 texts of at most 100 characters");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw Fault(name, text, "texts separated by commas, or a JSON array of texts");
        }
    }

    /// <summary>A character by its name or its code; anything else is itself.</summary>
    static string Word(string text) => text switch
    {
        "comma" => ",",
        "semicolon" => ";",
        "pipe" => "|",
        "tab" or "\\t" => "\t",
        "space" => " ",
        "colon" => ":",
        "point" => ".",
        "backslash" => "\\",
        "apostrophe" => "'",
        ['\\', 'x' or 'u', .. var digits] when digits.Length is 2 or 4
            && int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) && !char.IsSurrogate((char)code) => ((char)code)
                .ToString(),
        _ => text,
    };
}
