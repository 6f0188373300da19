using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Batch.Csv.Dialects;

namespace Batch.Csv.Schema;

/// <summary>The form in which canonical schemas are stored: JSON, the same bytes for the same schema.</summary>
/// <remarks>Versions of models are immutable, so whatever was written must stay readable: add members, never rename one.</remarks>
public static class ModelSchemaJson
{
    // Names in any script stay legible in the table.
    static readonly StoredSchemaContext Context = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new ColumnTypeConverter() },
    });

    public static string Serialize(ModelSchema schema) => JsonSerializer.Serialize(
        new StoredSchema
        {
            Columns = [.. schema.Columns.Select(StoredColumn.From)],
            IgnoreExtraColumns = schema.IgnoreExtraColumns,
            LiteralQuotes = schema.Rules.LiteralQuotes,
            PadShortRows = schema.Rules.PadShortRows,
            Dialect = schema.Dialect,
            OrderBy = [.. schema.OrderBy],
        },
        Context.StoredSchema);

    /// <exception cref="JsonException">Not what <see cref="Serialize"/> wrote.</exception>
    public static ModelSchema Deserialize(string json)
    {
        var stored = JsonSerializer.Deserialize(json, Context.StoredSchema);
        if (stored is not { Columns: { Count: > 0 } columns, OrderBy: { Count: > 0 } orderBy })
            throw new JsonException("A stored schema has columns and a sort key; this has none.");
        return new()
        {
            Columns = columns.ConvertAll(c => c.ToColumn()),
            IgnoreExtraColumns = stored.IgnoreExtraColumns,
            Rules = new(stored.LiteralQuotes, stored.PadShortRows),
            Dialect = stored.Dialect,
            OrderBy = orderBy,
        };
    }
}

/// <summary>A schema at rest. Apart from <see cref="ModelSchema"/> so that renaming something in the code cannot change what is stored.</summary>
internal sealed class StoredSchema
{
    public List<StoredColumn>? Columns { get; set; }
    public bool IgnoreExtraColumns { get; set; }
    public bool LiteralQuotes { get; set; }
    public bool PadShortRows { get; set; }
    public FileDialect? Dialect { get; set; }
    public List<string>? OrderBy { get; set; }
}

/// <summary>A column at rest.</summary>
internal sealed class StoredColumn
{
    public string? Name { get; set; }
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public ColumnType Type { get; set; }
    public string? StorageType { get; set; }
    public bool Optional { get; set; }
    public bool Iso8601 { get; set; }
    public bool DateTimeText { get; set; }
    public string? DateFormat { get; set; }
    public bool AllowNonFinite { get; set; }
    public List<string>? AllowedValues { get; set; }
    public double? Minimum { get; set; }
    public double? Maximum { get; set; }
    public int? Length { get; set; }

    public static StoredColumn From(Column column) => new()
    {
        Name = column.Name,
        Type = column.Type,
        StorageType = column.StorageType,
        Optional = column.Optional,
        Iso8601 = column.Iso8601,
        DateTimeText = column.DateTimeText,
        DateFormat = column.DateFormat,
        AllowNonFinite = column.AllowNonFinite,
        AllowedValues = column.AllowedValues.Count == 0 ? null : [.. column.AllowedValues],
        Minimum = column.Minimum,
        Maximum = column.Maximum,
        Length = column.Length,
    };

    public Column ToColumn() => new()
    {
        Name = Name ?? throw new JsonException("A stored column has no name."),
        Type = Type,
        StorageType = StorageType ?? throw new JsonException($"The stored column '{Name}' has no type."),
        Optional = Optional,
        Iso8601 = Iso8601,
        DateTimeText = DateTimeText,
        DateFormat = DateFormat,
        AllowNonFinite = AllowNonFinite,
        AllowedValues = AllowedValues ?? [],
        Minimum = Minimum,
        Maximum = Maximum,
        Length = Length,
    };
}

/// <summary>Used with the options of <see cref="ModelSchemaJson"/>: what is not set is left out.</summary>
[JsonSerializable(typeof(StoredSchema))]
internal sealed partial class StoredSchemaContext : JsonSerializerContext;

/// <summary>STRING, INTEGER, …: the same spelling at rest, on the wire and in the reject table.</summary>
internal sealed class ColumnTypeConverter : JsonConverter<ColumnType>
{
    public override ColumnType Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Enum.TryParse<ColumnType>(reader.GetString(), ignoreCase: true, out var type) && Enum.IsDefined(type)
            ? type
            : throw new JsonException("A stored column has an unknown type.");

    public override void Write(Utf8JsonWriter writer, ColumnType value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString().ToUpperInvariant());
}
