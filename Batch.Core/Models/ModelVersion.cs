using Batch.Csv.Schema;

namespace Batch.Core.Models;

/// <summary>One version of a model: never changes once it is there.</summary>
/// <remarks>Without the schema as it was submitted, which may be long and is only for people: <see cref="ModelStore.SchemaTextAsync"/>.</remarks>
public sealed record ModelVersion
{
    public required string TenantId { get; init; }
    /// <summary>32 lowercase hex digits.</summary>
    public required string ModelId { get; init; }
    public required string Name { get; init; }
    /// <summary>Counts up from 1.</summary>
    public required int Version { get; init; }
    public required ModelSchema Schema { get; init; }
    /// <summary>When the model's first version was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }
    /// <summary>When this version was made.</summary>
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The table of the model's good rows, whichever version they came in by.</summary>
    public string Table => TableOf(ModelId);

    /// <summary>About how many bytes it takes in memory, for the bound of a cache.</summary>
    internal long SizeInMemory => 500 + Schema.Columns.Sum(column =>
        240 + (2 * column.Name.Length) + column.AllowedValues.Sum(value => 40L + (2 * value.Length)));

    public static string TableOf(string modelId) => "data_" + modelId;
}
