using System.Diagnostics;
using System.Globalization;
using Batch.Benchmarks.Results;
using Batch.Core.Chunks;
using Batch.Core.Csv;
using Batch.Core.Schema;
using Batch.Core.Validation;

namespace Batch.Benchmarks.Measurements;

/// <summary>The stages of a row's way through one core: chunking, tokenizing, validating and encoding.</summary>
/// <remarks>
/// Everything is in memory, so that no disk and no network is measured. Rates are per second of this process's processor time, which a
/// busy neighbour disturbs less than the clock on the wall; the stages are run in turn, round after round, and each row is the median
/// with minimum and maximum.
/// </remarks>
internal static class Stages
{
    static readonly ModelSchema Schema = new()
    {
        Columns =
        [
            new Column { Name = "event_id", Type = ColumnType.String, StorageType = "String" },
            new Column { Name = "timestamp", Type = ColumnType.Timestamp, StorageType = "UInt32" },
            new Column { Name = "amount", Type = ColumnType.Float, StorageType = "Float64" },
        ],
        OrderBy = ["timestamp", "event_id"],
    };

    public static async Task<Table> RunAsync(int megabytes, int rounds)
    {
        var (file, rows) = NarrowFile(megabytes << 20);
        var chunks = await CutAsync(file, keep: true);
        var stages = new (string Name, Func<Task> Run)[]
        {
            ("chunking (rows counted, CRC-32C)", () => CutAsync(file, keep: false)),
            ("tokenizing", () => Tokenize(chunks)),
            ("tokenizing, validating, encoding", () => Validate(chunks)),
        };
        foreach (var (_, run) in stages)
            await run();

        var rates = stages.Select(_ => new Sample()).ToList();
        var allocated = new long[stages.Length];
        for (var round = 0; round < rounds; round++)
        {
            for (var s = 0; s < stages.Length; s++)
            {
                var bytes = GC.GetTotalAllocatedBytes(precise: true);
                var before = Process.GetCurrentProcess().TotalProcessorTime;
                await stages[s].Run();
                rates[s].Add(file.Length / 1e6 / (Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds);
                allocated[s] = GC.GetTotalAllocatedBytes(precise: true) - bytes;
            }
        }

        var table = new Table(
            $"Stages on one core, in memory: narrow file, {file.Length / 1e6:0} MB, {rows:N0} rows of event_id,timestamp,amount; median (min–max) of {rounds}",
            "stage", "MB/s per core", "Mrow/s per core", "bytes allocated a row");
        for (var s = 0; s < stages.Length; s++)
            table.Add(stages[s].Name, rates[s].Text("N0"), (rates[s].Median * 1e6 / file.Length * rows / 1e6).ToString("N1", CultureInfo.InvariantCulture),
                ((double)allocated[s] / rows).ToString("0.00", CultureInfo.InvariantCulture));
        return table;
    }

    static (byte[] File, int Rows) NarrowFile(int bytes)
    {
        var text = new MemoryStream(bytes + 100);
        text.Write("event_id,timestamp,amount\n"u8);
        var chance = new Random(1);
        var rows = 0;
        for (; text.Length < bytes; rows++)
            text.Write(System.Text.Encoding.UTF8.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"{chance.Next():x8},{1_700_000_000 + rows},{chance.Next(1_000_000) / 100.0:0.00}\n")));
        return (text.ToArray(), rows);
    }

    static async Task<List<(ChunkHeader Header, byte[] Bytes)>> CutAsync(byte[] file, bool keep)
    {
        var kept = new List<(ChunkHeader, byte[])>();
        var options = new ChunkerOptions();
        await using var upload = await CsvUpload.OpenAsync(
            new MemoryStream(file), CsvDialect.Default, options, new ChunkBudget(options.BudgetBytes), CancellationToken.None);
        await foreach (var chunk in upload.ReadChunksAsync(CancellationToken.None))
        {
            if (keep)
                kept.Add((new ChunkHeader
                {
                    TenantId = "tenant_a", JobId = new string('0', 32), ModelId = new string('1', 32), ModelVersion = 1, Ordinal = chunk.Ordinal,
                    FirstRow = chunk.FirstRow, FirstLine = chunk.FirstLine, Rows = chunk.Rows, Checksum = chunk.Checksum, Mapping = [0, 1, 2],
                }, chunk.Bytes.ToArray()));
            chunk.Dispose();
        }
        return kept;
    }

    static Task Tokenize(List<(ChunkHeader Header, byte[] Bytes)> chunks)
    {
        var batch = new RowBatch();
        foreach (var (_, bytes) in chunks)
        {
            var tokenizer = new CsvTokenizer(CsvDialect.Default);
            var line = 0;
            for (var offset = 0; offset < bytes.Length;)
                offset = tokenizer.Read(bytes, offset, ref line, batch);
        }
        return Task.CompletedTask;
    }

    static Task Validate(List<(ChunkHeader Header, byte[] Bytes)> chunks)
    {
        using var validator = new ChunkValidator();
        foreach (var (header, bytes) in chunks)
            if (validator.Validate(header, Schema, bytes, CancellationToken.None).Errors > 0)
                throw new InvalidOperationException("The file of the benchmark has no bad rows.");
        return Task.CompletedTask;
    }
}
