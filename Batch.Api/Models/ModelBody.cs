using System.Text.Json;
using System.Text.Json.Serialization;

namespace Batch.Api.Models;

/// <summary>What <c>POST /models</c> and <c>PUT /models/{model}</c> read: the client's <c>CreateModelRequest</c> with nothing taken for granted.</summary>
internal sealed record ModelBody
{
    public string? Name { get; init; }
    public JsonElement? Schema { get; init; }
    public IReadOnlyList<string>? OrderBy { get; init; }
    public string? ExtraColumns { get; init; }
    public string? ShortRows { get; init; }
    public string? Quotes { get; init; }
    public JsonElement? Dialect { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ModelBody))]
internal sealed partial class ModelBodyJson : JsonSerializerContext;
