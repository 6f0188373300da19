using System.Diagnostics;
using Batch.EmbeddedKafka.Batches;
using Batch.EmbeddedKafka.Storage;
using Microsoft.Extensions.Logging;

namespace Batch.Tests.EmbeddedKafka.Storage;

/// <summary>
/// A process that appends to a store without end, as idempotent producers with five batches in
/// flight, and prints a line for each that was acknowledged.
/// </summary>
static class StoreProcess
{
    public const string Verb = "append-to-store";
    public const string TopicName = "killed";
    public const int Partitions = 3;
    const int Producers = 4, InFlight = 5;

    public static Process Start(string directory, int seed)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in new[] { "exec", typeof(StoreProcess).Assembly.Location, Verb, directory, $"{seed}" })
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    /// <summary>Prints <c>partition offset producer sequence checksum</c>; exit code 3 where the store could not be opened.</summary>
    public static async Task<int> RunAsync(string directory, int seed)
    {
        LogStore store;
        try
        {
            store = LogStore.Open(new StoreOptions { Directory = directory, SegmentBytes = 1 << 20, MinFreeBytes = 0 }, new LoggerFactory());
        }
        catch (StorageException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 3;
        }
        var topic = store.Find(TopicName) ?? store.Create(TopicName, Partitions, TopicSettings.Default with { RetentionMs = -1 });
        await Task.WhenAll(Enumerable.Range(0, Producers)
            .Select(i => Task.Run(() => ProduceAsync(store, topic.Partitions[i % Partitions], new Random(seed + i)))));
        return 0;
    }

    static async Task ProduceAsync(LogStore store, Partition partition, Random random)
    {
        var producer = store.NextProducerId();
        var sent = new Queue<(int Sequence, uint Checksum, Task<AppendResult> Task)>();
        for (var sequence = 0; ;)
        {
            var values = Enumerable.Range(0, random.Next(1, 4))
                .Select(_ => new string((char)random.Next('a', 'z'), random.Next(3) == 0 ? random.Next(100_000) : random.Next(100)));
            var batch = new TestBatch([.. values]) { ProducerId = producer, Epoch = 0, Sequence = sequence }.Encode();
            sent.Enqueue((sequence, new RecordBatch(batch).Crc, partition.AppendAsync(batch, CancellationToken.None)));
            sequence += new RecordBatch(batch).Count;
            if (sent.Count < InFlight)
                continue;
            var (first, checksum, task) = sent.Dequeue();
            await Console.Out.WriteLineAsync($"{partition.Index} {(await task).BaseOffset} {producer} {first} {checksum}");
        }
    }
}
