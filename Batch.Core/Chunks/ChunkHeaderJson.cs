using System.Text.Json.Serialization;

namespace Batch.Core.Chunks;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ChunkHeader))]
sealed partial class ChunkHeaderJson : JsonSerializerContext;
