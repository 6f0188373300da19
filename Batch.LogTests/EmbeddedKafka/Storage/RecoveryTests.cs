using System.Buffers.Binary;
using Batch.EmbeddedKafka;
using Batch.EmbeddedKafka.Batches;
using Batch.EmbeddedKafka.Storage;
using Microsoft.Extensions.Logging;

namespace Batch.Tests.EmbeddedKafka.Storage;

[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class RecoveryTests : StorageFixture
{
    [Fact]
    public async Task A_batch_torn_at_any_byte_is_cut_off_and_the_log_goes_on()
    {
        await AppendAsync("first");
        await AppendAsync("second");
        var file = Assert.Single(SegmentFiles);
        var before = new FileInfo(file).Length;
        await AppendAsync("the one", "that is torn");
        await CloseAsync();
        var whole = await File.ReadAllBytesAsync(file);

        for (var length = before; length < whole.Length; length++)
        {
            await File.WriteAllBytesAsync(file, whole[..(int)length]);
            await OpenAsync();

            Assert.Equal(before, new FileInfo(file).Length);
            Assert.Equal(2, await AppendAsync("next"));
            Assert.Equal(["0=first", "1=second", "2=next"], ReadAll());
            await CloseAsync();
        }
        Assert.Equal(whole.Length - before - 1, Lines.At(LogLevel.Warning).Count(line => line.Contains("unacknowledged append", StringComparison.Ordinal)));
        Assert.Empty(Lines.At(LogLevel.Error));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_flipped_bit_costs_one_batch_at_most_and_is_reported(bool whileOpen)
    {
        await AppendAsync("first");
        await AppendAsync("other");
        await AppendAsync("third");
        var file = Assert.Single(SegmentFiles);
        await CloseAsync();
        var whole = await File.ReadAllBytesAsync(file);
        var size = whole.Length / 3;
        var random = new Random(7);
        var leaderEpoch = Enumerable.Range(12, 4);

        for (var at = 0; at < whole.Length; at++)
        {
            var damaged = whole.ToArray();
            damaged[at] ^= (byte)(1 << random.Next(8));
            await File.WriteAllBytesAsync(file, whileOpen ? whole : damaged);
            await OpenAsync();
            if (whileOpen)
                await File.WriteAllBytesAsync(file, damaged);
            var said = Lines.At(LogLevel.Error).Count;

            var read = ReadAll();

            var expected = new List<string> { "0=first", "1=other", "2=third" };
            var hit = at / size;
            if (!leaderEpoch.Contains(at % size))
                Assert.DoesNotContain(expected[hit], read);
            Assert.Equal(expected.Where((_, i) => i != hit || leaderEpoch.Contains(at % size)), read.Where(text => !text.EndsWith('!')));
            Assert.True(read.All(text => !text.EndsWith('!') || text == $"{hit}!"));
            if (!read.Contains($"{hit}!") && !leaderEpoch.Contains(at % size))
                Assert.Contains(Lines.At(LogLevel.Error).Concat(Lines.At(LogLevel.Warning)), line => line.Contains(file, StringComparison.Ordinal));
            // Said once, however often it is read.
            var lines = Lines.At(LogLevel.Error).Count;
            Assert.InRange(lines - said, 0, 1);
            ReadAll();
            Assert.Equal(lines, Lines.At(LogLevel.Error).Count);
            await CloseAsync();
        }
    }

    [Fact]
    public async Task Damage_in_a_closed_segment_is_passed_over_at_the_batch_it_hit()
    {
        Options = Options with { SegmentBytes = 4096 };
        await ReopenAsync();
        for (var i = 0; i < 100; i++)
            await AppendAsync(new string((char)('a' + i % 26), 100));
        await CloseAsync();
        var expected = Enumerable.Range(0, 100).Select(i => $"{i}={new string((char)('a' + i % 26), 100)}").ToList();
        foreach (var file in SegmentFiles[1..3])
        {
            var first = int.Parse(Path.GetFileNameWithoutExtension(file));
            var whole = await File.ReadAllBytesAsync(file);
            var size = (int)new RecordBatch(whole).Size;
            foreach (var (from, length) in new[] { (0, 1), (3 * size + 8, 3), (size + 16, 1), (whole.Length - size, size), (0, whole.Length), (5, 2 * size) })
            {
                var damaged = whole.ToArray();
                damaged.AsSpan(from, length).Fill(0xee);
                await File.WriteAllBytesAsync(file, damaged);
                await OpenAsync();

                var (lost, lastLost) = (first + from / size, first + (from + length - 1) / size);
                Assert.Equal(expected.Where((_, i) => i < lost || i > lastLost), ReadAll());
                for (var offset = lost; offset <= lastLost; offset++)
                {
                    using var slice = Partition.Find(offset, 1, atLeastOne: true);
                    Assert.Equal(lastLost + 1, new RecordBatch(Bytes(slice)).BaseOffset);
                }
                Assert.Contains(Lines.At(LogLevel.Error),
                    line => line.Contains($"offsets {lost} to {lastLost}", StringComparison.Ordinal) && line.Contains(file, StringComparison.Ordinal));
                await CloseAsync();
            }
            await File.WriteAllBytesAsync(file, whole);
        }
    }

    [Fact]
    public async Task Bytes_of_a_value_that_look_like_a_batch_do_not_pass_for_one()
    {
        // What a value can hold is a copy of batches from anywhere: here, of the very offset that comes next.
        await AppendAsync("first");
        var forged = TestBatch.Of("forged");
        RecordBatch.Place(forged, 1);
        var header = new TestBatch("x") { Attributes = 1 }.Encode()[..RecordBatch.HeaderBytes];
        byte[] holder = [.. header, .. forged, .. forged];
        BinaryPrimitives.WriteInt32BigEndian(holder.AsSpan(8), holder.Length - RecordBatch.LengthEnd);
        TestBatch.Seal(holder);
        await AppendAsync(holder);
        var file = Assert.Single(SegmentFiles);
        await CloseAsync();
        var whole = await File.ReadAllBytesAsync(file);
        await File.WriteAllBytesAsync(file, whole[..^3]);
        await OpenAsync();

        Assert.Equal(["0=first"], ReadAll());
        Assert.Equal(1, await AppendAsync("next"));
    }

    [Fact]
    public async Task Offsets_go_on_where_a_partition_was_drained_to_nothing()
    {
        Store.ConsumedBelow = (_, _) => Partition.End;
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(2 * i, await AppendAsync("a", "b"));
            await ReopenAsync();
            Store.ConsumedBelow = (_, _) => Partition.End;
            await EventuallyAsync(() => BytesOnDisk == 0);
            Assert.Equal((2 * i + 2, 2 * i + 2), (Partition.Start, Partition.End));
            await ReopenAsync();
        }
    }

    [Fact]
    public async Task Offsets_that_groups_have_committed_are_not_given_again_where_their_records_were_lost()
    {
        await AppendAsync("kept");
        await AppendAsync("lost");
        var file = Assert.Single(SegmentFiles);
        await CloseAsync();
        var bytes = await File.ReadAllBytesAsync(file);
        await File.WriteAllBytesAsync(file, bytes[..(bytes.Length / 2)]);
        await OpenAsync();
        Partition.LeaveOut(2);

        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(2 + round, await AppendAsync("new"));
            await ReopenAsync();
        }
        Assert.Equal(["0=kept", "2=new", "3=new"], ReadAll());
        using (var slice = Partition.Find(1, 1000, atLeastOne: true))
            Assert.Equal("2=new", TestBatch.Decode(Bytes(slice))[0]);
        Assert.Contains(Lines.At(LogLevel.Warning), line => line.Contains("not reused", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Deleted_records_stay_deleted()
    {
        Options = Options with { SegmentBytes = 4096 };
        await ReopenAsync();
        for (var i = 0; i < 40; i++)
            await AppendAsync($"{i}", new string('x', 300));
        Refused(KafkaError.OffsetOutOfRange, () => Partition.DeleteRecords(81));
        Refused(KafkaError.OffsetOutOfRange, () => Partition.DeleteRecords(-2));
        var files = SegmentFiles.Length;
        foreach (var before in new[] { 3L, 3, 2, 47, 80 })
        {
            Partition.DeleteRecords(before);
            var start = Math.Max(3, before);
            for (var round = 0; round < 2; round++)
            {
                Assert.Equal(start, Partition.Start);
                Refused(KafkaError.OffsetOutOfRange, () => Partition.Find(start - 1, 1000, atLeastOne: true));
                // A batch is served as a whole; clients leave out what is below the offset they asked for.
                if (start < 80)
                    Assert.Equal($"{start / 2 * 2}={start / 2}", ReadAll()[0]);
                await ReopenAsync();
            }
        }
        Assert.True(SegmentFiles.Length < files);
        Assert.Equal(0, BytesOnDisk);
        Assert.Equal(80, await AppendAsync("goes on"));
        Partition.DeleteRecords(-1);
        await ReopenAsync();
        Assert.Equal((81, 81), (Partition.Start, Partition.End));
        Assert.Equal(81, await AppendAsync("goes on"));
    }

    [Fact]
    public async Task Deleted_records_stay_deleted_where_the_rest_was_lost()
    {
        await AppendAsync("a", "b", "c");
        await AppendAsync("d", "e");
        Partition.DeleteRecords(4);
        await CloseAsync();
        File.Delete(Assert.Single(SegmentFiles));
        await OpenAsync();
        Assert.Equal((4, 4), (Partition.Start, Partition.End));
        Assert.Equal(4, await AppendAsync("next"));
    }

    [Fact]
    public async Task A_roll_that_failed_half_way_leaves_nothing_that_misleads_the_next_start()
    {
        Options = Options with { SegmentBytes = 4096 };
        await ReopenAsync();
        await AppendAsync(new string('x', 3000));
        Disk.FolderError = FaultyDisk.IoError;
        await RefusedAsync(KafkaError.KafkaStorageError, () => AppendAsync(new string('y', 3000)));
        Disk.FolderError = null;
        await ReopenAsync();
        Assert.Equal(1, await AppendAsync(new string('y', 3000)));
        Assert.Equal(2, SegmentFiles.Length);

        // Now those that come next fit where the roll was not needed.
        Disk.FolderError = FaultyDisk.IoError;
        await RefusedAsync(KafkaError.KafkaStorageError, () => AppendAsync(new string('z', 3000)));
        Disk.FolderError = null;
        Assert.Equal(2, await AppendAsync("small"));
        Assert.Equal(3, await AppendAsync("small too"));
        await ReopenAsync();
        Assert.Equal(4, Partition.End);
        Assert.Equal(["2=small", "3=small too"], ReadAll()[2..]);
        Assert.Equal(4, await AppendAsync("and on"));
        Assert.All(Lines.At(LogLevel.Warning), line => Assert.Contains("an append failed and was undone", line, StringComparison.Ordinal));
        Assert.Empty(Lines.At(LogLevel.Error));
    }

    [Fact]
    public async Task Closed_segments_cost_no_open_file()
    {
        var topic = Store.Create("wide", 700, Options.Defaults);
        await Task.WhenAll(topic.Partitions.Select(partition => partition.AppendAsync(TestBatch.Of("x"), CancellationToken.None)));
        foreach (var partition in topic.Partitions)
            Assert.Equal(["0=x"], ReadAll(partition));

        Assert.InRange(Directory.EnumerateFileSystemEntries("/proc/self/fd")
            .Count(link => new FileInfo(link).LinkTarget?.StartsWith(Options.Directory, StringComparison.Ordinal) == true), 1, 600);
    }

    [Fact]
    public async Task A_second_store_in_the_same_folder_is_refused_with_a_clear_sentence()
    {
        var e = Assert.Throws<StorageException>(() => LogStore.Open(Options, new LoggerFactory()));
        Assert.Contains($"in use by another process ({Environment.ProcessId})", e.Message, StringComparison.Ordinal);
        using var process = StoreProcess.Start(Options.Directory, seed: 0);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var said = await process.StandardError.ReadToEndAsync(timeout.Token);
        await process.WaitForExitAsync(timeout.Token);
        Assert.Equal(3, process.ExitCode);
        Assert.Contains($"in use by another process ({Environment.ProcessId})", said, StringComparison.Ordinal);
        await AppendAsync("the first is not disturbed");
    }
}
