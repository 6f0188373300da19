using System.Text.Json.Serialization;
using Batch.Csv.Schema;

namespace Batch.Core.Models;

/// <summary>A line of the table <c>models</c>, to be written or as it was read.</summary>
internal sealed record ModelRow
{
    public const string Content = "version";
    public const string Ready = "ready";
    public const string Deleted = "deleted";

    public static readonly string[] Columns =
        ["tenant_id", "model_id", "version", "kind", "writer", "name", "schema_json", "canonical_json", "created_ms"];

    public required string TenantId { get; init; }
    public required string ModelId { get; init; }
    public int Version { get; init; }
    public string Kind { get; init; } = "";
    public string Writer { get; init; } = "";
    public string Name { get; init; } = "";
    /// <summary>As it was submitted. Read only for those who ask for it.</summary>
    public string SchemaJson { get; init; } = "";
    public string CanonicalJson { get; init; } = "";
    /// <summary>When the model's first version was made, in Unix milliseconds; null in that version itself.</summary>
    public long? CreatedMs { get; init; }
    /// <summary>Read only: set by ClickHouse.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long MadeMs { get; init; }
    /// <summary>Read only: the length of both schemas, in bytes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Bytes { get; init; }

    public ModelVersion ToVersion() => new()
    {
        TenantId = TenantId,
        ModelId = ModelId,
        Name = Name,
        Version = Version,
        Schema = ModelSchemaJson.Deserialize(CanonicalJson),
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(CreatedMs ?? MadeMs),
        UpdatedAt = DateTimeOffset.FromUnixTimeMilliseconds(MadeMs),
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ModelRow))]
internal sealed partial class ModelJson : JsonSerializerContext;
