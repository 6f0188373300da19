using System.Text.Json.Serialization;

namespace Batch.Worker.Chunks;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(RowCount))]
internal sealed partial class LoaderJson : JsonSerializerContext;

internal sealed record RowCount(long Rows);
