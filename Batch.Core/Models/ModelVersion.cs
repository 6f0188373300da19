using Batch.Csv.Schema;

namespace Batch.Core.Models;

/// <summary>One version of a model: never changes once it is there.</summary>
public sealed record ModelVersion
{
    public required string TenantId { get; init; }
    /// <summary>32 lowercase hex digits.</summary>
    public required string ModelId { get; init; }
    public required string Name { get; init; }
    /// <summary>Counts up from 1.</summary>
    public required int Version { get; init; }
    /// <summary>The schema as it was submitted.</summary>
    public required string SchemaJson { get; init; }
    public required ModelSchema Schema { get; init; }
    /// <summary>When the model's first version was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }
    /// <summary>When this version was made.</summary>
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The table of the model's good rows, whichever version they came in by.</summary>
    public string Table => TableOf(ModelId);

    public static string TableOf(string modelId) => "data_" + modelId;
}
