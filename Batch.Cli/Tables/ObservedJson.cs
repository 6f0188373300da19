using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Batch.Cli.Tables;

/// <summary>JSON as a person reads it: letters of any language stay letters.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class ObservedJson : JsonSerializerContext
{
    public static ObservedJson Plain { get; } = new(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
