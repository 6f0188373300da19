using System.Text.Json;
using System.Text.Json.Serialization;

namespace Batch.Client;

/// <summary>A name and a schema, with immutable versions.</summary>
public sealed record Model
{
    /// <summary>32 lowercase hex digits; the data table is <c>data_&lt;model_id&gt;</c>.</summary>
    public required string ModelId { get; init; }
    public required string TenantId { get; init; }
    public required string Name { get; init; }
    /// <summary>Counts up from 1.</summary>
    public int Version { get; init; }
    /// <summary>The schema as it was submitted.</summary>
    public required JsonElement Schema { get; init; }
    /// <summary>The schema as it is understood: what each column accepts and where it is stored.</summary>
    public required IReadOnlyList<ModelColumn> Columns { get; init; }
    /// <summary><c>reject</c> or <c>ignore</c> columns of a file that are not in the schema.</summary>
    public string? ExtraColumns { get; init; }
    /// <summary><c>reject</c> rows with fewer fields than the header line, or <c>pad</c> them with blanks.</summary>
    public string? ShortRows { get; init; }
    /// <summary><c>strict</c>: a quote inside an unquoted field is a fault; <c>literal</c>: it is text.</summary>
    public string? Quotes { get; init; }
    /// <summary>How its files differ from plain CSV; null where they do not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Dialect? Dialect { get; init; }
    /// <summary>The ClickHouse table with the good rows.</summary>
    public required string Table { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>One page of models, by name. <see cref="Next"/> is the <c>cursor</c> of the next page; null on the last.</summary>
public sealed record ModelList(IReadOnlyList<Model> Models, string? Next);

/// <summary>One column of a model in canonical form.</summary>
public sealed record ModelColumn
{
    public required string Name { get; init; }
    /// <summary>STRING, INTEGER, FLOAT, DECIMAL, BOOLEAN, DATE, TIME, TIMESTAMP, UUID, IP, CATEGORY or VECTOR.</summary>
    public required string Type { get; init; }
    /// <summary>The type of the column in ClickHouse, <c>Nullable(...)</c> included.</summary>
    public required string ClickhouseType { get; init; }
    /// <summary>A required column may not be left out, and no value of it may be blank.</summary>
    public required bool Required { get; init; }
    /// <summary>What a CATEGORY may hold; null or empty: anything.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? AllowedValues { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Minimum { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Maximum { get; init; }
    /// <summary>Fixed length of a VECTOR.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Length { get; init; }
    /// <summary>A TIMESTAMP that is read as ISO 8601, and not as Unix seconds.</summary>
    public bool Iso8601 { get; init; }
    /// <summary>How DATE and TIMESTAMP are written, where not as ISO 8601 has it: <c>%d.%m.%Y %H:%M</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DateFormat { get; init; }
}

/// <summary>The body of <c>POST /models</c>; <c>PUT /models/{id}</c> takes the same, name optional.</summary>
public sealed record CreateModelRequest
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }
    public required JsonElement Schema { get; init; }
    /// <summary>Columns of the table's ORDER BY; by default <c>timestamp</c>, <c>event_id</c>, whichever exist.</summary>
    public IReadOnlyList<string>? OrderBy { get; init; }
    /// <summary><c>reject</c> (the default) or <c>ignore</c> columns of a file that are not in the schema.</summary>
    public string? ExtraColumns { get; init; }
    /// <summary>
    /// <c>reject</c> (the default) rows with fewer fields than the header line, or <c>pad</c> them
    /// with blanks. An update without it leaves it as it is.
    /// </summary>
    public string? ShortRows { get; init; }
    /// <summary>
    /// <c>strict</c> (the default): a quote inside an unquoted field is a fault; <c>literal</c>: it is text. An update without it leaves it as it is.
    /// </summary>
    public string? Quotes { get; init; }
    /// <summary>How its files differ from plain CSV. An update without it leaves it as it is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Dialect? Dialect { get; init; }
}

/// <summary>The answer to <c>DELETE /models/{id}</c>: <c>{"status":"deleted"}</c>.</summary>
public sealed record DeleteModelResponse(string Status);
