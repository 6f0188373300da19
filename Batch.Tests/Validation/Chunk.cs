using System.Text;
using Batch.Core.Chunks;
using Batch.Csv.Schema;
using Batch.Csv.Validation;

namespace Batch.Tests.Validation;

/// <summary>Small chunks and models for tests.</summary>
static class Chunk
{
    public static ChunkHeader Header(int rows, IReadOnlyList<int> mapping) => new()
    {
        TenantId = "tenant", JobId = "job", ModelId = "model", ModelVersion = 1, Ordinal = 0, FirstRow = 1, FirstLine = 2, Rows = rows,
        Checksum = 0, Mapping = mapping,
    };

    /// <summary>As the worker validates a chunk of the log.</summary>
    public static ValidatedChunk Validate(
        this ChunkValidator validator, ChunkHeader header, ModelSchema schema, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        validator.Validate(header.RowsIn(bytes), schema, cancellationToken);

    public static ModelSchema Model(params Column[] columns) => new() { Columns = columns, OrderBy = ["_row"] };

    public static Column Column(string name, ColumnType type, string storageType) => new() { Name = name, Type = type, StorageType = storageType };

    public static Column Text(string name) => Column(name, ColumnType.String, "String");

    public static Column Integer(string name, string storageType = "Int64") => Column(name, ColumnType.Integer, storageType);

    public static Column Float(string name) => Column(name, ColumnType.Float, "Float64");

    /// <summary>The seed's model.</summary>
    public static ModelSchema Purchases => Model(Text("event_id"), Column("timestamp", ColumnType.Timestamp, "UInt32"), Float("amount"));

    /// <summary>The errors of a chunk whose columns are the model's, in its order.</summary>
    public static List<RejectedEntry> Errors(ModelSchema model, string csv, int rows = 1) => Errors(model, Encoding.UTF8.GetBytes(csv), rows);

    public static List<RejectedEntry> Errors(ModelSchema model, byte[] csv, int rows = 1)
    {
        using var validator = new ChunkValidator();
        var chunk = validator.Validate(Header(rows, [.. Enumerable.Range(0, model.Columns.Count)]), model, csv, default);
        return [.. chunk.RejectedBlocks().SelectMany(RejectedEntry.Read)];
    }

    /// <summary>The values of the good rows, one list a column, the two columns of the job left out.</summary>
    public static List<IReadOnlyList<string?>> Values(ModelSchema model, string csv, int rows = 1)
    {
        using var validator = new ChunkValidator();
        var chunk = validator.Validate(Header(rows, [.. Enumerable.Range(0, model.Columns.Count)]), model, Encoding.UTF8.GetBytes(csv), default);
        return [.. NativeReader.Read(chunk.Data!).SkipLast(2).Select(column => column.Values)];
    }
}
