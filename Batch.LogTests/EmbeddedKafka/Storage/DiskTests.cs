using System.Diagnostics;
using Batch.EmbeddedKafka;
using Batch.EmbeddedKafka.Storage;
using Microsoft.Extensions.Logging;

namespace Batch.Tests.EmbeddedKafka.Storage;

[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class DiskTests : StorageFixture
{
    [Fact]
    public async Task A_full_disk_refuses_the_append_undoes_it_and_heals()
    {
        await AppendAsync("before");
        var bytes = BytesOnDisk;
        for (var room = 0; room < 60; room += 7)
        {
            Disk.Room = room;
            var e = await RefusedAsync(KafkaError.KafkaStorageError, () => AppendAsync("does not fit"));
            Assert.Contains("is full", e.Message, StringComparison.Ordinal);
            Assert.Contains(Options.Directory, Store.StorageError, StringComparison.Ordinal);
            Assert.Equal(bytes, BytesOnDisk);
        }
        Disk.Room = long.MaxValue;

        Assert.Equal(1, await AppendAsync("after"));
        Assert.Null(Store.StorageError);
        Assert.Equal(["0=before", "1=after"], ReadAll());
    }

    [Fact]
    public async Task A_fault_is_over_by_itself_though_nobody_appends()
    {
        Disk.Room = 0;
        await RefusedAsync(KafkaError.KafkaStorageError, () => AppendAsync("does not fit"));
        await Task.Delay(2500);
        Assert.NotNull(Store.StorageError);
        Disk.Room = long.MaxValue;
        await EventuallyAsync(() => Store.StorageError is null);
        Assert.Contains(Lines.At(LogLevel.Information), line => line.Contains("accepts appends again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failed_flush_acknowledges_nothing_and_heals()
    {
        await AppendAsync("before");
        Disk.FlushError = FaultyDisk.IoError;
        await RefusedAsync(KafkaError.KafkaStorageError, () => AppendAsync("not flushed"));
        Assert.Equal(["0=before"], ReadAll());
        Assert.Contains("Input/output error", Store.StorageError, StringComparison.Ordinal);
        Disk.FlushError = null;

        Assert.Equal(1, await AppendAsync("after"));
        await ReopenAsync();
        Assert.Equal(["0=before", "1=after"], ReadAll());
    }

    [Fact]
    public async Task A_failed_append_that_cannot_be_undone_at_once_is_undone_before_the_next()
    {
        await AppendAsync("before");
        (Disk.Room, Disk.CutError) = (20, FaultyDisk.IoError);
        await RefusedAsync(KafkaError.KafkaStorageError, () => AppendAsync("torn"));
        Disk.Room = long.MaxValue;
        await RefusedAsync(KafkaError.KafkaStorageError, () => AppendAsync("still cannot"));
        Disk.CutError = null;

        await AppendAsync("x");
        await ReopenAsync();
        Assert.Equal(["0=before", "1=x"], ReadAll());
        Assert.DoesNotContain(Lines.At(LogLevel.Warning), line => line.Contains("unacknowledged append", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_roll_that_finds_no_room_heals()
    {
        Options = Options with { SegmentBytes = 4096 };
        await ReopenAsync();
        await AppendAsync(new string('x', 4000));
        Disk.FolderError = FaultyDisk.NoSpace;
        await RefusedAsync(KafkaError.KafkaStorageError, () => AppendAsync(new string('y', 4000)));
        Disk.FolderError = null;
        Assert.Equal(1, await AppendAsync(new string('y', 4000)));
        Assert.Equal(2, SegmentFiles.Length);
    }

    [Fact]
    public async Task Room_that_is_to_stay_free_is_not_taken()
    {
        Options = Options with { MinFreeBytes = 1000 };
        await ReopenAsync();
        Disk.Free = 1500;
        await AppendAsync("fits");
        await RefusedAsync(KafkaError.KafkaStorageError, () => AppendAsync(new string('x', 600)));
        // There is room for something, not for that.
        Assert.Contains("MinFreeBytes", Store.StorageError, StringComparison.Ordinal);
        Disk.Free = 1600 + 61 + 20;
        await EventuallyAsync(() => Store.StorageError is null);
        Disk.Free = 900;

        Assert.Contains("MinFreeBytes", Store.StorageError, StringComparison.Ordinal);
        Assert.Contains("900", Store.StorageError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_over_its_limit_takes_records_again_once_they_were_consumed()
    {
        Options = Options with { MaxBytes = 10_000, SegmentBytes = 4096 };
        await ReopenAsync();
        var consumed = 0L;
        Store.ConsumedBelow = (_, _) => Volatile.Read(ref consumed);
        await RefusedAsync(KafkaError.KafkaStorageError, async () =>
        {
            while (true)
                await AppendAsync(new string('x', 1000));
        });
        Assert.InRange(BytesOnDisk, 8_000, 10_000);

        Volatile.Write(ref consumed, Partition.End);
        Store.ConsumedAdvanced(TopicName, 0);
        await EventuallyAsync(() => BytesOnDisk < 4096);

        await AppendAsync(new string('x', 1000));
    }

    [Fact]
    public async Task Segments_are_freed_while_the_disk_is_full_so_that_it_can_empty()
    {
        await AppendAsync(new TestBatch(new string('x', 100_000)) { ProducerId = 1, Epoch = 0, Sequence = 0 });
        Disk.Room = 0;
        Store.ConsumedBelow = (_, _) => long.MaxValue;

        await EventuallyAsync(() => BytesOnDisk == 0);
        // Only what protects from a batch that is sent again cannot be kept, and that is said.
        Assert.Contains(Lines.At(LogLevel.Warning), line => line.Contains("sent again", StringComparison.Ordinal));
        Disk.Room = long.MaxValue;
        Assert.Equal(1, await AppendAsync("goes on"));
    }

    [Fact]
    public async Task Administration_on_a_full_disk_is_refused_and_changes_nothing()
    {
        var topic = Store.Find(TopicName)!;
        await AppendAsync("a", "b");
        Disk.Room = 0;
        Refused(KafkaError.KafkaStorageError, () => Store.Create("other", 1, Options.Defaults));
        Refused(KafkaError.KafkaStorageError, () => Store.Configure(topic, topic.Settings with { RetentionMs = 1 }));
        Refused(KafkaError.KafkaStorageError, () => Store.AddPartitions(topic, 2));
        Refused(KafkaError.KafkaStorageError, () => topic.Partitions[0].DeleteRecords(1));
        Refused(KafkaError.KafkaStorageError, () => Store.NextProducerId());
        Disk.Room = long.MaxValue;

        Assert.Equal((1, -1, 0), (topic.Partitions.Count, topic.Settings.RetentionMs, Partition.Start));
        Store.Create("other", 1, Options.Defaults);
        Store.AddPartitions(topic, 2);
        Store.Delete(topic);
    }

    [Fact]
    public async Task Appends_that_come_while_a_flush_runs_share_the_next()
    {
        Disk.FlushTime = TimeSpan.FromMilliseconds(50);
        var before = Disk.Flushes;

        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => AppendAsync($"{i}")));

        Assert.InRange(Disk.Flushes - before, 1, 6);
    }

    [Fact]
    public async Task Files_of_a_round_are_flushed_together_and_one_that_fails_fails_alone()
    {
        var topic = Store.Create("wide", 20, Options.Defaults);
        for (var round = 0; round < 3; round++)
        {
            Disk.FlushTime = TimeSpan.FromMilliseconds(100);
            var flushes = Disk.Flushes;
            var occupied = AppendAsync("the writer is busy");
            await EventuallyAsync(() => Disk.Flushes > flushes);
            Disk.FailingFlush = Disk.Flushes + 7;
            var appends = topic.Partitions.Select(partition => partition.AppendAsync(TestBatch.Of("x"), CancellationToken.None)).ToArray();
            await occupied;
            Assert.Single(await Task.WhenAll(
                appends.Select(append => append.WaitAsync(TestTimeout).ContinueWith(task => task.IsFaulted, TaskScheduler.Default))), failed => failed);
            Assert.Equal(flushes + 21, Disk.Flushes);
        }
        Assert.InRange(Disk.MostFlushesAtOnce, 4, 8);
        Disk.FlushTime = TimeSpan.Zero;
        Assert.Equal(57, topic.Partitions.Sum(partition => ReadAll(partition).Count));
        Assert.Equal(57, topic.Partitions.Sum(partition => partition.End));
    }

    [Fact]
    public async Task Appending_and_reading_large_batches_allocates_next_to_nothing()
    {
        const int batches = 200;
        var batch = new TestBatch(new string('x', 1 << 20)).Encode();
        var target = new byte[batch.Length];
        await AppendAndReadAsync();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < batches; i++)
            await AppendAndReadAsync();
        Assert.InRange((GC.GetTotalAllocatedBytes(precise: true) - before) / batches, 0, 5_000);

        async Task AppendAndReadAsync()
        {
            var offset = (await Partition.AppendAsync(batch, CancellationToken.None)).BaseOffset;
            using var slice = Partition.Find(offset, 1, atLeastOne: true);
            slice.CopyTo(target);
        }
    }

    [Fact]
    public async Task Appends_after_the_store_is_closed_are_refused()
    {
        var partition = Partition;
        await CloseAsync();
        await RefusedAsync(KafkaError.NotLeaderOrFollower, () => partition.AppendAsync(TestBatch.Of("late"), CancellationToken.None));
        Refused(KafkaError.NotLeaderOrFollower, () => partition.DeleteRecords(-1));
    }

    [SkippableFact]
    public async Task A_small_file_system_that_runs_full_is_told_apart_and_heals()
    {
        var mount = Directory.CreateTempSubdirectory("batch-tmpfs-").FullName;
        Skip.IfNot(Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", mount), "Mounting a tmpfs is not allowed here.");
        try
        {
            var options = new StoreOptions { Directory = Path.Combine(mount, "log"), MinFreeBytes = 0, SegmentBytes = 4096 };
            await using var store = LogStore.Open(options, new LoggerFactory());
            var partition = store.Create("t", 1, options.Defaults with { RetentionMs = -1 }).Partitions[0];
            var batch = TestBatch.Of(new string('x', 50_000));
            await RefusedAsync(KafkaError.KafkaStorageError, async () =>
            {
                while (true)
                    await partition.AppendAsync(batch, CancellationToken.None).WaitAsync(TestTimeout);
            });
            Assert.InRange(partition.End, 10, 21);
            Assert.Contains("is full", store.StorageError, StringComparison.Ordinal);
            Assert.Equal(partition.End, ReadAll(partition).Count);
            store.ConsumedBelow = (_, _) => long.MaxValue;
            await EventuallyAsync(() => new DriveInfo(mount).AvailableFreeSpace > 900_000 && store.StorageError is null);

            await partition.AppendAsync(TestBatch.Of(new string('x', 500_000)), CancellationToken.None).WaitAsync(TestTimeout);
        }
        finally
        {
            Run("umount", mount);
            Directory.Delete(mount);
        }
    }

    static bool Run(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true });
            return process!.WaitForExit(5000) && process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
