using System.Formats.Tar;
using System.IO.Compression;
using Batch.EmbeddedKafka.Batches;
using Batch.EmbeddedKafka.Storage;
using Batch.EmbeddedKafka.Storage.Upgrade;
using Batch.Tests.Log;
using Microsoft.Extensions.Logging;

namespace Batch.Tests.EmbeddedKafka.Storage;

[Trait("Tier", "unit")]
[Collection(OneAtATime.Name)]
public sealed class UpgradeTests : StorageFixture
{
    static readonly string Large = new('x', 700_000);

    // Nothing is opened before there is something to convert.
    public override Task InitializeAsync()
    {
        WriteFormer();
        return Task.CompletedTask;
    }

    void WriteFormer()
    {
        var directory = Options.Directory;
        FormerLogFiles.WriteSegment(directory, "chunks", 0, 5,
            FormerLogFiles.Frame(5, 1005, "five", ("job", "a"), ("kénd", "")),
            FormerLogFiles.Frame(6, 1006, ""));
        FormerLogFiles.WriteSegment(directory, "chunks", 0, 7, FormerLogFiles.Frame(7, 1007, Large, ("job", "b")), FormerLogFiles.Frame(8, 1008, "eight"));
        FormerLogFiles.WriteSegment(directory, "chunks", 1, 42);
        FormerLogFiles.WriteSegment(directory, "jobs", 0, 0, FormerLogFiles.Frame(0, 2000, "{}"));
        FormerLogFiles.WritePositions(directory, "workers", "chunks/0=5 chunks/1=40", "chunks/0=6 chunks/1=42");
        FormerLogFiles.WritePositions(directory, "other", "jobs/0=9");
    }

    static readonly string[] Chunks = ["5=five", "6=", $"7={Large}", "8=eight"];

    void AssertConverted()
    {
        var chunks = Store.Find("chunks")!;
        Assert.Equal(2, chunks.Partitions.Count);
        Assert.Equal((5, 9), (chunks.Partitions[0].Start, chunks.Partitions[0].End));
        Assert.Equal(Chunks, ReadAll(chunks.Partitions[0]));
        Assert.Equal((42, 42), (chunks.Partitions[1].Start, chunks.Partitions[1].End));
        Assert.Equal(["0={}"], ReadAll(Store.Find("jobs")!.Partitions[0]));
        // A group had committed offset 8 of records that are lost.
        Assert.Equal(9, Store.Find("jobs")!.Partitions[0].End);
        Assert.Equal(["format", "groups", "lock", "log", "owner", "staging"],
            Directory.EnumerateFileSystemEntries(Options.Directory).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_former_log_is_carried_over_with_offsets_times_and_headers()
    {
        await OpenAsync();
        AssertConverted();
        var partition = Store.Find("chunks")!.Partitions[0];
        using (var slice = partition.Find(5, 1, atLeastOne: true))
        {
            var bytes = Bytes(slice);
            Assert.Equal(Batch.EmbeddedKafka.KafkaError.None, RecordBatch.Validate(bytes, 1000, out _));
            Assert.Equal((1005, 1005), (new RecordBatch(bytes).BaseTimestamp, new RecordBatch(bytes).MaxTimestamp));
            Assert.Equal(["job=a", "kénd="], TestBatch.Headers(bytes));
        }
        using (var slice = partition.Find(7, 1, atLeastOne: true))
            Assert.Equal(["job=b"], TestBatch.Headers(Bytes(slice)));
        Assert.Equal((7, 1007), partition.OffsetForTime(1007));
        // As before, nothing is freed for its age alone.
        Assert.Equal(-1, Store.Find("chunks")!.Settings.RetentionMs);
        Assert.Contains(Lines.At(LogLevel.Information), line => line.Contains(": 5 records", StringComparison.Ordinal));
        Assert.Empty(Lines.At(LogLevel.Warning));
        Assert.Empty(Lines.At(LogLevel.Error));

        Assert.Equal(9, (await partition.AppendAsync(TestBatch.Of("new"), CancellationToken.None)).BaseOffset);
        await ReopenAsync();
        Assert.Equal([.. Chunks, "9=new"], ReadAll(Store.Find("chunks")!.Partitions[0]));
    }

    [Fact]
    public async Task What_groups_had_committed_can_be_read()
    {
        await OpenAsync();
        var positions = FormerPositions.Read(Store.Directory);
        Assert.Equal(["other", "workers"], positions.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(6, positions["workers"][("chunks", 0)]);
        Assert.Equal(42, positions["workers"][("chunks", 1)]);
        Assert.Equal(9, positions["other"][("jobs", 0)]);
    }

    [Fact]
    public async Task A_kill_at_any_moment_of_the_conversion_loses_nothing()
    {
        for (var at = 1; ; at++)
        {
            Disk = new FaultyDisk { DiesAt = at };
            var survived = false;
            try
            {
                await OpenAsync();
                survived = true;
            }
            catch (FaultyDisk.DeadException)
            {
            }
            if (survived)
            {
                AssertConverted();
                Assert.True(at > 20);
                return;
            }
            // Killed again, at another moment of the second attempt.
            Disk = new FaultyDisk { DiesAt = 1 + at * 7 % 11 };
            try
            {
                await OpenAsync();
            }
            catch (FaultyDisk.DeadException)
            {
            }
            await CloseAsync();
            Disk = new FaultyDisk();
            await OpenAsync();
            AssertConverted();
            Assert.Empty(Lines.At(LogLevel.Error));
            await CloseAsync();
            foreach (var entry in Directory.EnumerateDirectories(Options.Directory))
                Directory.Delete(entry, recursive: true);
            File.Delete(Path.Combine(Options.Directory, "format"));
            WriteFormer();
        }
    }

    [Fact]
    public async Task Damage_costs_the_record_it_hit_and_is_reported()
    {
        var file = Path.Combine(Options.Directory, "topics", "chunks", "0", $"{5:D20}.log");
        var frames = Enumerable.Range(5, 2000).Select(i => FormerLogFiles.Frame(i, i, $"value {i}", ("k", "v"))).ToArray();
        File.Delete(Path.Combine(Options.Directory, "topics", "chunks", "0", $"{7:D20}.log"));
        frames[10][^1] ^= 1;
        frames[20][3] ^= 1;
        frames[30][30] ^= 1;
        frames[1999] = frames[1999][..^2];
        await File.WriteAllBytesAsync(file, [.. frames.SelectMany(frame => frame)]);
        await OpenAsync();

        var expected = Enumerable.Range(5, 1999).Where(i => i - 5 is not (10 or 20 or 30)).Select(i => $"{i}=value {i}").ToList();
        Assert.Equal(expected, ReadAll(Store.Find("chunks")!.Partitions[0]));
        Assert.Equal(3, Lines.At(LogLevel.Error).Count);
        Assert.Contains(Lines.At(LogLevel.Error), line => line.Contains("record 15 ", StringComparison.Ordinal));
        Assert.Contains(Lines.At(LogLevel.Warning), line => line.Contains("unacknowledged append", StringComparison.Ordinal));
        await ReopenAsync();
        Assert.Equal(expected, ReadAll(Store.Find("chunks")!.Partitions[0]));
    }

    [Fact]
    public async Task A_large_value_that_is_damaged_leaves_no_trace()
    {
        var frame = FormerLogFiles.Frame(7, 1007, Large);
        frame[^1] ^= 1;
        FormerLogFiles.WriteSegment(Options.Directory, "chunks", 0, 7, frame, FormerLogFiles.Frame(8, 1008, "eight"));
        await OpenAsync();
        Assert.Equal(["5=five", "6=", "8=eight"], ReadAll(Store.Find("chunks")!.Partitions[0]));
        Assert.Single(Lines.At(LogLevel.Error));
    }

    [Fact]
    public async Task A_conversion_takes_constant_memory()
    {
        var value = new string('x', 1 << 20);
        FormerLogFiles.WriteSegment(Options.Directory, "big", 0, 0, [.. Enumerable.Range(0, 30).Select(i => FormerLogFiles.Frame(i, i, value))]);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await OpenAsync();
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 8 << 20);
        Assert.Equal(30, Store.Find("big")!.Partitions[0].End);
    }

    [Fact]
    public async Task Without_room_for_a_copy_the_start_is_refused_and_nothing_is_lost()
    {
        Disk.Free = 100_000;
        var e = await Assert.ThrowsAsync<StorageException>(OpenAsync);
        Assert.Contains("only 100000 are free", e.Message, StringComparison.Ordinal);
        Disk.Free = long.MaxValue;
        (Disk.Room, Disk.FlushError) = (300_000, null);
        await Assert.ThrowsAsync<StorageException>(OpenAsync);
        Disk.Room = long.MaxValue;
        await OpenAsync();
        AssertConverted();
    }

    [Fact]
    public async Task A_data_folder_that_the_former_version_has_written_is_carried_over()
    {
        using var folder = new TemporaryFolder();
        await using (var packed =
            new GZipStream(File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Upgrade", "layout-3.tar.gz")), CompressionMode.Decompress))
            await TarFile.ExtractToDirectoryAsync(packed, folder.Path, overwriteFiles: false);
        Options = Options with { Directory = Path.Combine(folder.Path, "log") };
        var former = Directory.EnumerateFiles(Options.Directory, "*.log", SearchOption.AllDirectories).Sum(file => Count(File.ReadAllBytes(file), "BLR1"u8));
        await OpenAsync();

        var records = 0;
        foreach (var partition in Store.Topics.SelectMany(topic => topic.Partitions))
            for (var offset = partition.Start; offset < partition.End; records++)
            {
                using var slice = partition.Find(offset, 1, atLeastOne: true);
                var bytes = Bytes(slice);
                Assert.Equal(Batch.EmbeddedKafka.KafkaError.None, RecordBatch.Validate(bytes, int.MaxValue, out _));
                Assert.Equal(offset, new RecordBatch(bytes).BaseOffset);
                Assert.NotEmpty(TestBatch.Headers(bytes));
                offset = slice.NextOffset;
            }
        Assert.Equal(former, records);
        Assert.True(records > 20);
        Assert.Equal(2, FormerPositions.Read(Store.Directory)["batch-workers"][("batch.chunks", 11)]);
        Assert.Empty(Lines.At(LogLevel.Error));
        await CloseAsync();
    }

    static int Count(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> mark) => bytes.Count(mark);

    [Fact]
    public async Task A_newer_layout_is_refused_in_one_sentence()
    {
        await OpenAsync();
        await CloseAsync();
        var format = Path.Combine(Options.Directory, "format");
        Assert.Equal("2", DurableText.Read(format));
        DurableText.Write(Disk, format, "3");

        var e = await Assert.ThrowsAsync<StorageException>(OpenAsync);
        Assert.Contains("layout 3", e.Message, StringComparison.Ordinal);
        Assert.Contains(Options.Directory, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_former_version_writes_after_the_upgrade_is_left_alone()
    {
        await OpenAsync();
        await CloseAsync();
        FormerLogFiles.WriteSegment(Options.Directory, "chunks", 0, 0, FormerLogFiles.Frame(0, 0, "from the past"));
        await OpenAsync();
        Assert.Equal(Chunks, ReadAll(Store.Find("chunks")!.Partitions[0]));
        Assert.True(Directory.Exists(Path.Combine(Options.Directory, "topics")));
        Assert.Contains(Lines.At(LogLevel.Warning), line => line.Contains("older version", StringComparison.Ordinal));
    }
}
