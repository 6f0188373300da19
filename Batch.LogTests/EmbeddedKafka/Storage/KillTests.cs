using Batch.EmbeddedKafka.Batches;

namespace Batch.Tests.EmbeddedKafka.Storage;

[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class KillTests : StorageFixture
{
    readonly record struct Acknowledged(long Producer, int Sequence, uint Checksum);

    [Fact]
    public async Task What_was_acknowledged_outlives_kill_9_once_and_in_order()
    {
        await CloseAsync();
        var acknowledged = new Dictionary<(int Partition, long Offset), Acknowledged>();
        var producers = new HashSet<long>();
        for (var kill = 0; kill < 6; kill++)
        {
            var before = acknowledged.Count;
            await AppendAndKillAsync(50 + kill * 61, kill, acknowledged);
            // No id is given to a producer of a later life.
            foreach (var group in acknowledged.Skip(before).GroupBy(each => each.Value.Producer))
                Assert.True(producers.Add(group.Key));

            await OpenAsync();
            foreach (var partition in Store.Find(StoreProcess.TopicName)!.Partitions)
                Check(partition, acknowledged.Where(each => each.Key.Partition == partition.Index).ToDictionary(each => each.Key.Offset, each => each.Value));
            await CloseAsync();
            Assert.Empty(Lines.At(Microsoft.Extensions.Logging.LogLevel.Error));
        }
        Assert.True(acknowledged.Count > 600);
        await OpenAsync();
    }

    async Task AppendAndKillAsync(int batches, int seed, Dictionary<(int, long), Acknowledged> acknowledged)
    {
        using var process = StoreProcess.Start(Options.Directory, seed);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var killed = false;
        // What was printed before the kill and is still in the pipe counts too.
        while (await process.StandardOutput.ReadLineAsync(timeout.Token) is { } line)
        {
            if (line.Split(' ') is [var partition, var offset, var producer, var sequence, var checksum] && uint.TryParse(checksum, out var crc))
                acknowledged.Add((int.Parse(partition), long.Parse(offset)), new Acknowledged(long.Parse(producer), int.Parse(sequence), crc));
            if (!killed && --batches < 0)
            {
                process.Kill();
                killed = true;
            }
        }
        await process.WaitForExitAsync(timeout.Token);
        Assert.Equal(128 + 9, process.ExitCode);
    }

    static void Check(Batch.EmbeddedKafka.Storage.Partition partition, Dictionary<long, Acknowledged> acknowledged)
    {
        var next = new Dictionary<long, int>();
        var expected = 0L;
        for (var offset = 0L; offset < partition.End;)
        {
            using var slice = partition.Find(offset, 300_000, atLeastOne: true);
            var bytes = Bytes(slice).AsSpan();
            while (!bytes.IsEmpty)
            {
                var batch = new RecordBatch(bytes);
                Assert.Equal(Batch.EmbeddedKafka.KafkaError.None, RecordBatch.Validate(bytes[..(int)batch.Size], int.MaxValue, out _));
                Assert.Equal(expected, batch.BaseOffset);
                expected = batch.LastOffset + 1;
                Assert.Equal(next.GetValueOrDefault(batch.ProducerId), batch.BaseSequence);
                next[batch.ProducerId] = batch.BaseSequence + batch.Count;
                if (acknowledged.Remove(batch.BaseOffset, out var said))
                    Assert.Equal(said, new Acknowledged(batch.ProducerId, batch.BaseSequence, batch.Crc));
                bytes = bytes[(int)batch.Size..];
            }
            offset = slice.NextOffset;
        }
        Assert.Empty(acknowledged);
    }
}
