using System.Buffers;
using Batch.Benchmarks.Running;
using Batch.Client;
using Batch.Core.Chunks;
using Batch.Core.ClickHouse;
using Batch.Csv.Validation;
using Batch.Csv.Validation.Native;

namespace Batch.Benchmarks.Measurements.Stages;

/// <summary>
/// Validated and encoded chunks inserted into a model's table, as many at a time as there are cores, against what the engine does by
/// itself with the same rows in the same blocks: <c>INSERT … SELECT</c> from a table in its memory, as many threads, nothing parsed, no
/// deduplication. Merges go on beside both.
/// </summary>
internal sealed class InsertStages : IAsyncDisposable
{
    const int UsualMebibytes = 8;
    static readonly int[] ChunkMebibytes = [1, 4, UsualMebibytes, 16, 32];

    readonly BatchSystem _system;
    readonly ClickHouseClient _clickHouse;
    readonly Model _model;
    readonly long _rows;
    readonly List<string> _sources = [];

    InsertStages(BatchSystem system, Model model, long rows)
    {
        (_system, _model, _rows) = (system, model, rows);
        _clickHouse = ClickHouseClient.Create(new ClickHouseOptions { Url = system.ClickHouse.AbsoluteUri });
    }

    public List<Stage> Stages { get; } = [];

    public static async Task<InsertStages> CreateAsync(BatchSystem system, ChunkedFile file)
    {
        var stages = new InsertStages(system, await new Loads(system).NewModelAsync(file.Data), file.Rows);
        foreach (var mebibytes in ChunkMebibytes)
            stages.Stages.Add(await stages.StageAsync(file, mebibytes));
        return stages;
    }

    async Task<Stage> StageAsync(ChunkedFile file, int mebibytes)
    {
        var blocks = Encode(file, await file.CutAsync(mebibytes << 20));
        var columns = string.Join(", ", blocks[0].Columns);
        var source = $"{_model.Table}_{mebibytes}";
        await _system.SqlAsync($"CREATE TABLE {source} ENGINE = Memory EMPTY AS SELECT {columns} FROM {_model.Table}");
        _sources.Add(source);
        foreach (var block in blocks)
            await _clickHouse.InsertAsync(source, block.Columns, block.Bytes, Guid.NewGuid().ToString("N"), CancellationToken.None);
        // A block of the table in memory is one of ours; at least one row in a block, so that none are put together.
        var cores = Environment.ProcessorCount;
        var select = $"INSERT INTO {_model.Table} ({columns}) SELECT {columns} FROM {source} SETTINGS max_threads = {cores}, max_insert_threads = {cores}, "
            + "min_insert_block_size_rows = 1, min_insert_block_size_bytes = 0, insert_deduplicate = 0";
        return new(
            $"insert, {mebibytes} MiB", Of(() => InsertAsync(blocks)),
            "INSERT SELECT from memory", Of(() => _system.SqlAsync(select)))
        { IsOnTheWay = mebibytes == UsualMebibytes };

        Work Of(Func<Task> run) => new(file.Bytes.Length, file.Rows, run)
        {
            Prepare = EmptyAsync,
            OthersCpuSeconds = () => _system.Engine.CpuSeconds,
        };
    }

    static List<NativeBlock> Encode(ChunkedFile file, List<(ChunkHeader Header, byte[] Bytes)> chunks)
    {
        using var validator = new ChunkValidator();
        return chunks.ConvertAll(chunk =>
        {
            var block = validator.Validate(chunk.Header.RowsIn(chunk.Bytes), file.Schema, CancellationToken.None).Data!;
            return block with { Bytes = new ReadOnlySequence<byte>(block.Bytes.ToArray()) }; // the validator's own last until its next chunk
        });
    }

    async Task InsertAsync(List<NativeBlock> blocks)
    {
        var job = Guid.NewGuid().ToString("N"); // tokens never seen before: nothing is dropped as a repetition
        await Parallel.ForAsync(0, blocks.Count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            async (block, cancellationToken) =>
            await _clickHouse.InsertAsync(_model.Table, blocks[block].Columns, blocks[block].Bytes, $"{job}:{block}", cancellationToken));
    }

    async Task EmptyAsync()
    {
        var rows = await _system.SqlAsync($"SELECT count() FROM {_model.Table}");
        if (rows != "0" && rows != $"{_rows}")
            throw new InvalidOperationException($"{rows} rows were inserted, not {_rows}.");
        await _system.SqlAsync($"TRUNCATE TABLE {_model.Table}");
        await _system.CalmAsync();
    }

    /// <summary>Gives the engine its memory back.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var source in _sources)
            await _system.SqlAsync($"DROP TABLE {source}");
        await EmptyAsync();
    }
}
