using Batch.Core.Log;
using Batch.EmbeddedKafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace Batch.Benchmarks.Measurements.Stages;

/// <summary>
/// Chunks through the log, appended and read back: Kafka's client, the wire and the embedded broker, all in this process. Against a file in the
/// same folder: each chunk written and flushed (fsync) before the next (appends in flight together share a flush), and the file read from its beginning.
/// What was just written is read from the page cache, in both.
/// </summary>
internal sealed class LogStages : IAsyncDisposable
{
    const string Topic = "chunks";

    readonly string _logFolder, _filePath;
    readonly List<byte[]> _chunks;
    readonly byte[] _buffer;
    EmbeddedBroker? _broker;
    KafkaLog? _log;

    LogStages(string folder, List<byte[]> chunks)
    {
        (_logFolder, _filePath, _chunks) = (Path.Combine(folder, "log"), Path.Combine(folder, "sequential"), chunks);
        _buffer = new byte[chunks.Max(chunk => chunk.Length)];
        Bytes = chunks.Sum(chunk => (long)chunk.Length);
        Directory.CreateDirectory(folder);
    }

    long Bytes { get; }

    /// <param name="most">So many bytes at most go through, for small chunks are a flush each.</param>
    public static async Task<LogStages> CreateAsync(ChunkedFile file, string folder, int chunkBytes, long most)
    {
        var chunks = (await file.CutAsync(chunkBytes)).ConvertAll(chunk => chunk.Bytes);
        return new(folder, chunks[..(int)Math.Clamp(most / chunkBytes, 1, chunks.Count)]);
    }

    /// <summary>In the order in which they are to be measured: what was written last is what is read.</summary>
    public IEnumerable<Stage> Stages(ChunkedFile file, string size, int inFlight, bool isOnTheWay)
    {
        var rows = Math.Max(1, file.Rows * Bytes / file.Bytes.Length);
        Work Of(Func<Task> run, Func<Task>? prepare = null) => new(Bytes, rows, run) { Prepare = prepare ?? (() => Task.CompletedTask) };
        var write = Of(WriteFileAsync);
        var read = Of(ReadFileAsync);
        yield return new($"log append, {size}, one at a time", Of(() => AppendAsync(1), NewLogAsync), "write and fsync", write);
        yield return new($"log append, {size}, {inFlight} in flight", Of(() => AppendAsync(inFlight), NewLogAsync), "write and fsync",
            write)
        { IsOnTheWay = isOnTheWay };
        yield return new($"log read, {size}", Of(ReadAsync, prepare: ReadAsync), "sequential read", read) { IsOnTheWay = isOnTheWay };
    }

    async Task NewLogAsync()
    {
        await DisposeAsync();
        _broker = await EmbeddedBroker.StartAsync(
            new BrokerOptions { Directory = _logFolder, Port = 0 }, NullLoggerFactory.Instance, CancellationToken.None);
        _log = new KafkaLog(
            new KafkaOptions { BootstrapServers = _broker.BootstrapServers, MaxRecordBytes = Math.Max(16 << 20, _buffer.Length) },
            NullLogger<KafkaLog>.Instance);
        await _log.EnsureTopicAsync(Topic, 1, CancellationToken.None);
    }

    async Task AppendAsync(int inFlight)
    {
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(async _ =>
        {
            for (int chunk; (chunk = Interlocked.Increment(ref next)) < _chunks.Count;)
                await _log!.AppendAsync(Topic, 0, [], _chunks[chunk], CancellationToken.None);
        }));
    }

    async Task ReadAsync()
    {
        await using var consumer = _log!.Join(Guid.NewGuid().ToString("N"), [Topic]);
        for (var chunk = 0; chunk < _chunks.Count; chunk++)
        {
            using var record = await consumer.ReadAsync(CancellationToken.None);
            if (record.Value.Length == 0)
                throw new InvalidOperationException($"Record {record.Position.Offset} is not what was appended.");
        }
    }

    Task WriteFileAsync()
    {
        File.Delete(_filePath);
        using var file = File.OpenHandle(_filePath, FileMode.CreateNew, FileAccess.Write);
        var position = 0L;
        foreach (var chunk in _chunks)
        {
            RandomAccess.Write(file, chunk, position);
            RandomAccess.FlushToDisk(file);
            position += chunk.Length;
        }
        return Task.CompletedTask;
    }

    Task ReadFileAsync()
    {
        using var file = File.OpenHandle(_filePath, FileMode.Open, FileAccess.Read);
        var position = 0L;
        for (int read; (read = RandomAccess.Read(file, _buffer, position)) > 0;)
            position += read;
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (_log is not null)
            await _log.DisposeAsync();
        if (_broker is not null)
            await _broker.DisposeAsync();
        (_log, _broker) = (null, null);
        if (Directory.Exists(_logFolder))
            Directory.Delete(_logFolder, recursive: true);
    }
}
