using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Batch.Cli.Output;

/// <summary>JSON of what only the command line knows, and JSON as a person reads it.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(CodeGuide))]
[JsonSerializable(typeof(ContextRow))]
[JsonSerializable(typeof(FileErrorKind))]
[JsonSerializable(typeof(InferredRow))]
internal sealed partial class CliJson : JsonSerializerContext
{
    /// <summary>Letters of any language stay letters; quotes, backslashes and control characters are escaped.</summary>
    public static CliJson Plain { get; } = new(new JsonSerializerOptions
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    });

    public static string Quote(string text) => JsonSerializer.Serialize(text, Plain.String);
}
