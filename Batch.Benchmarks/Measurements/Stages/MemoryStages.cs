using Batch.Core.Chunks;
using Batch.Csv;
using Batch.Csv.Cutting;
using Batch.Csv.Validation;

namespace Batch.Benchmarks.Measurements.Stages;

/// <summary>What is done in memory: chunking, tokenizing, validating and encoding, on one core; no disk and no network.</summary>
internal static class MemoryStages
{
    public static async Task<List<Stage>> CreateAsync(ChunkedFile file)
    {
        var chunks = await file.CutAsync(new ChunkerOptions().ChunkBytes);
        var target = new byte[file.Bytes.Length];
        var validator = new ChunkValidator(); // used again and again, as a worker does
        var copy = OnOneCore(() => file.Bytes.CopyTo(target, 0));
        var tokenize = OnOneCore(() => Tokenize(chunks));
        var cut = new Work(file.Bytes.Length, file.Rows, () => file.CutAsync(new ChunkerOptions().ChunkBytes, _ => { })) { IsPerCore = true };
        return
        [
            new("memory copy", copy, "", null),
            new("chunking (rows counted, CRC-32C)", cut, "memory copy", copy) { IsOnTheWay = true },
            new("tokenizing", tokenize, "memory copy", copy),
            new("tokenizing, validating, encoding", OnOneCore(() => Validate(validator, file, chunks)), "tokenizing", tokenize) { IsOnTheWay = true },
        ];

        Work OnOneCore(Action run) => new(file.Bytes.Length, file.Rows, () =>
        {
            run();
            return Task.CompletedTask;
        })
        { IsPerCore = true };
    }

    static void Tokenize(List<(ChunkHeader Header, byte[] Bytes)> chunks)
    {
        var batch = new RowBatch();
        foreach (var (_, bytes) in chunks)
        {
            var tokenizer = new CsvTokenizer(CsvDialect.Default);
            var line = 0;
            for (var offset = 0; offset < bytes.Length;)
                offset = tokenizer.Read(bytes, offset, ref line, batch);
        }
    }

    static void Validate(ChunkValidator validator, ChunkedFile file, List<(ChunkHeader Header, byte[] Bytes)> chunks)
    {
        foreach (var (header, bytes) in chunks)
            if (validator.Validate(header.RowsIn(bytes), file.Schema, CancellationToken.None).Errors > 0)
                throw new InvalidOperationException($"The {file.Data.Name} set has bad rows.");
    }
}
