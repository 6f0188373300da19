using System.Text.Json;

namespace Batch.Csv.Schema;

/// <summary>Builds the error messages: each says where (a JSON path), what is wrong and how to fix it.</summary>
internal static class SchemaFaults
{
    public const string InvalidSchema = "INVALID_SCHEMA";
    public const string UnsupportedType = "UNSUPPORTED_TYPE";
    public const string IncompatibleSchema = "INCOMPATIBLE_SCHEMA";

    public static SchemaException Invalid(string path, string message) => new(InvalidSchema, $"{path}: {message}");

    public static SchemaException Unsupported(string path, string type, string? suggestion, string accepted) =>
        new(UnsupportedType, $"{path}: the type {Quote(type)} is not supported." +
            (suggestion is null ? "" : $" Did you mean {suggestion}?") + $" Accepted: {accepted}.");

    public static SchemaException Incompatible(string message) => new(IncompatibleSchema, message);

    /// <summary>One step down a JSON path: <c>$.a</c>, or <c>$['a b']</c> where the name is not a plain word.</summary>
    public static string Step(string path, string name) =>
        name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? $"{path}.{name}" : $"{path}[{Quote(name)}]";

    /// <summary>A name or value as it stands in a message: quoted, control characters made visible, cut at 80 characters.</summary>
    public static string Quote(string text)
    {
        var shown = text.Length <= 80 ? text : text[..(char.IsHighSurrogate(text[79]) ? 79 : 80)] + "…";
        return $"'{string.Concat(shown.Select(c => char.IsControl(c) ? $"\\u{(int)c:x4}" : c.ToString()))}'";
    }

    /// <summary>What a JSON value is, in words.</summary>
    public static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        JsonValueKind.Null => "null",
        _ => "missing",
    };
}
