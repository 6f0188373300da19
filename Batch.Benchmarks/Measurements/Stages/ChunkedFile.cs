using Batch.Benchmarks.Data;
using Batch.Core.Chunks;
using Batch.Csv;
using Batch.Csv.Cutting;
using Batch.Csv.Schema;
using Batch.Primitives;

namespace Batch.Benchmarks.Measurements.Stages;

/// <summary>A file of a data set in memory, and the chunks it is cut into.</summary>
internal sealed class ChunkedFile
{
    public ChunkedFile(DataSet data, long bytes)
    {
        Data = data;
        Rows = data.RowsIn(bytes);
        var file = new MemoryStream();
        data.Write(file, Rows);
        Bytes = file.ToArray();
        Schema = SchemaParser.Parse(data.Schema, orderBy: null, extraColumns: null);
    }

    public DataSet Data { get; }

    public long Rows { get; }

    public byte[] Bytes { get; }

    public ModelSchema Schema { get; }

    /// <summary>The chunks an upload of the file is cut into, with what a worker is told about them.</summary>
    /// <param name="chunkBytes">Of the largest one. Rows do not limit it: there are at most 1,048,449 in a block, and in no chunk of 32 MB.</param>
    public async Task<List<(ChunkHeader Header, byte[] Bytes)>> CutAsync(int chunkBytes)
    {
        var chunks = new List<(ChunkHeader, byte[])>();
        int[] mapping = [.. Enumerable.Range(0, Schema.Columns.Count)];
        await CutAsync(chunkBytes, chunk => chunks.Add((new ChunkHeader
        {
            TenantId = "tenant_a", JobId = new string('0', 32), ModelId = new string('1', 32), ModelVersion = 1, Ordinal = chunk.Ordinal,
            FirstRow = chunk.FirstRow, FirstLine = chunk.FirstLine, Rows = chunk.Rows, Checksum = chunk.Checksum, Mapping = mapping,
        }, chunk.Bytes.ToArray())));
        return chunks;
    }

    public async Task CutAsync(int chunkBytes, Action<RawChunk> visit)
    {
        var options = new ChunkerOptions { ChunkBytes = chunkBytes, MaxChunkRows = 1_000_000 };
        await using var upload = await CsvUpload.OpenAsync(
            new MemoryStream(Bytes), CsvDialect.Default, options, new ByteBudget(options.BudgetBytes), CancellationToken.None);
        await foreach (var chunk in upload.ReadChunksAsync(CancellationToken.None))
            using (chunk)
                visit(chunk);
    }
}
