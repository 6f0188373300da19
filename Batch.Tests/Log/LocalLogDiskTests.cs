using System.Diagnostics;
using Batch.Core.Log;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Batch.Tests.Log;

public sealed class LocalLogDiskTests : LocalLogFixture
{
    [Fact]
    public async Task A_full_disk_refuses_the_append_undoes_it_and_heals()
    {
        await AppendAsync("before");
        var bytes = BytesOnDisk;
        for (var room = 0; room < 60; room += 7)
        {
            Disk.Room = room;
            var e = await Assert.ThrowsAsync<LogFullException>(() => AppendAsync("does not fit"));
            Assert.Contains("full", e.Message, StringComparison.Ordinal);
            Assert.Equal(bytes, BytesOnDisk);
        }
        Disk.Room = long.MaxValue;

        Assert.Equal(1, (await AppendAsync("after")).Offset);
        Assert.Equal(["0=before", "1=after"], await ReadAllAsync());
    }

    [Fact]
    public async Task A_failed_flush_acknowledges_nothing_and_heals()
    {
        await AppendAsync("before");
        Disk.FlushError = FaultyDisk.IoError;
        var e = await Assert.ThrowsAsync<LogUnavailableException>(() => AppendAsync("not flushed"));
        Assert.IsNotType<LogFullException>(e);
        Assert.Equal(["0=before"], await ReadAllAsync());
        Disk.FlushError = null;

        Assert.Equal(1, (await AppendAsync("after")).Offset);
        await ReopenAsync();
        Assert.Equal(["0=before", "1=after"], await ReadAllAsync());
    }

    [Fact]
    public async Task A_failed_append_that_cannot_be_undone_at_once_is_undone_before_the_next()
    {
        await AppendAsync("before");
        (Disk.Room, Disk.CutError) = (20, FaultyDisk.IoError);
        await Assert.ThrowsAsync<LogFullException>(() => AppendAsync("torn"));
        Disk.Room = long.MaxValue;
        await Assert.ThrowsAsync<LogUnavailableException>(() => AppendAsync("still cannot"));
        Disk.CutError = null;

        await AppendAsync("x");
        await ReopenAsync();
        Assert.Equal(["0=before", "1=x"], await ReadAllAsync());
    }

    [Fact]
    public async Task Room_that_is_to_stay_free_is_not_taken()
    {
        Options.MinFreeBytes = 1000;
        Disk.Free = 1500;
        await AppendAsync("fits");
        await Assert.ThrowsAsync<LogFullException>(() => AppendAsync(new byte[600]));
        await Log.CheckAsync(CancellationToken.None);
        Disk.Free = 900;

        var e = await Assert.ThrowsAsync<LogFullException>(() => Log.CheckAsync(CancellationToken.None));
        Assert.Contains("MinFreeBytes", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_over_its_limit_takes_records_again_once_they_were_consumed()
    {
        Options.MaxBytes = 10_000;
        Options.SegmentBytes = 4096;
        await ReopenAsync();
        await using var consumer = Log.Join("group", [Topic]);
        LogPosition last = default;
        await Assert.ThrowsAsync<LogFullException>(async () =>
        {
            while (true)
                last = await AppendAsync(new byte[1000]);
        });
        Assert.InRange(BytesOnDisk, 8_000, 10_000);

        await consumer.CommitAsync(last, CancellationToken.None).WaitAsync(Patience);
        await EventuallyAsync(() => BytesOnDisk < 4096);

        await AppendAsync(new byte[1000]);
    }

    [Fact]
    public async Task Commits_go_on_while_the_disk_is_full_so_that_it_can_empty()
    {
        await using var consumer = Log.Join("group", [Topic]);
        var last = await AppendAsync(new byte[100_000]);
        Disk.Room = 0;

        await consumer.CommitAsync(last, CancellationToken.None).WaitAsync(Patience);

        await EventuallyAsync(() => BytesOnDisk == 0);
        Assert.NotEmpty(Lines.At(LogLevel.Warning));
        Disk.Room = long.MaxValue;
    }

    [Fact]
    public async Task Segments_stay_until_every_group_that_ever_joined_is_past_them()
    {
        Options.SegmentBytes = 4096;
        await ReopenAsync();
        for (var i = 0; i < 20; i++)
            await AppendAsync(new byte[1000]);
        await using (Log.Join("slow", [Topic]))
        {
        }
        await using var quick = Log.Join("quick", [Topic]);
        var bytes = BytesOnDisk;
        await quick.CommitAsync(new LogPosition(Topic, 0, 19), CancellationToken.None).WaitAsync(Patience);
        await ReopenAsync();
        Assert.Equal(bytes, BytesOnDisk);

        await using var slow = Log.Join("slow", [Topic]);
        await slow.CommitAsync(new LogPosition(Topic, 0, 9), CancellationToken.None).WaitAsync(Patience);
        await EventuallyAsync(() => BytesOnDisk < bytes);
        Assert.Equal(10, (await ReadAllAsync(slow)).Count(text => int.Parse(text.Split('=')[0]) >= 10));
        await slow.CommitAsync(new LogPosition(Topic, 0, 19), CancellationToken.None).WaitAsync(Patience);

        await EventuallyAsync(() => BytesOnDisk == 0);
        await ReopenAsync();
        Assert.Equal(20, (await AppendAsync("goes on")).Offset);
    }

    [Fact]
    public async Task A_reader_passes_from_segment_to_segment()
    {
        Options.SegmentBytes = 4096;
        await ReopenAsync();
        var expected = new List<string>();
        for (var i = 0; i < 100; i++)
        {
            var value = new string((char)('a' + i % 26), i * 7);
            expected.Add($"{i}={value}");
            await AppendAsync(value);
        }
        Assert.True(SegmentFiles.Length > 5);
        Assert.Equal(expected, await ReadAllAsync());
        await ReopenAsync();
        Assert.Equal(expected, await ReadAllAsync());
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
    public async Task A_second_log_in_the_same_folder_is_refused_with_a_clear_sentence()
    {
        var e = Assert.Throws<LogUnavailableException>(() => LocalLog.Open(Options, Lines));
        Assert.Contains("in use by another Batch", e.Message, StringComparison.Ordinal);

        using var process = AppendingProcess.Start(Options.Directory);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var said = await process.StandardError.ReadToEndAsync(patience.Token);
        await process.WaitForExitAsync(patience.Token);
        Assert.Equal(3, process.ExitCode);
        Assert.Contains($"process {Environment.ProcessId}", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Appending_and_reading_chunks_allocates_next_to_nothing_for_a_row()
    {
        const int records = 200, rowsInARecord = (1 << 20) / 50;
        var value = new byte[1 << 20];
        await using var consumer = Log.Join("group", [Topic]);
        await AppendAndReadAsync();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < records; i++)
            await AppendAndReadAsync();
        // A few kilobytes for a record, whatever its size.
        Assert.InRange((GC.GetTotalAllocatedBytes(precise: true) - before) / (double)(records * rowsInARecord), 0, 0.3);

        async Task AppendAndReadAsync()
        {
            await AppendAsync(value);
            using var record = await consumer.ReadAsync(CancellationToken.None);
        }
    }

    [SkippableFact]
    public async Task A_small_file_system_that_runs_full_is_told_apart_and_heals()
    {
        var mount = Directory.CreateTempSubdirectory("batch-tmpfs-").FullName;
        Skip.IfNot(Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", mount), "Mounting a tmpfs is not allowed here.");
        try
        {
            var options = new LocalLogOptions { Directory = Path.Combine(mount, "log"), MinFreeBytes = 0, SegmentBytes = 4096 };
            await using var log = LocalLog.Open(options, Lines);
            await log.EnsureTopicAsync(Topic, 1, CancellationToken.None);
            await using var consumer = log.Join("group", [Topic]);
            LogPosition last = default;
            await Assert.ThrowsAsync<LogFullException>(async () =>
            {
                while (true)
                    last = await log.AppendAsync(Topic, 0, [], new byte[50_000], CancellationToken.None).WaitAsync(Patience);
            });
            Assert.InRange(last.Offset, 10, 21);
            Assert.Equal(last.Offset + 1, (await ReadAllAsync(consumer)).Count);
            await consumer.CommitAsync(last, CancellationToken.None).WaitAsync(Patience);
            await EventuallyAsync(() => new DriveInfo(mount).AvailableFreeSpace > 900_000);

            await log.AppendAsync(Topic, 0, [], new byte[500_000], CancellationToken.None).WaitAsync(Patience);
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
