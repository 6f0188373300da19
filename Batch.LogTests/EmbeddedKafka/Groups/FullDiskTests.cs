using Batch.EmbeddedKafka;
using Batch.EmbeddedKafka.Groups;
using Microsoft.Extensions.Logging;

namespace Batch.Tests.EmbeddedKafka.Groups;

/// <summary>A disk that is full or broken refuses commits, and nothing else.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public class FullDiskTests
{
    [Fact]
    public async Task Commits_go_on_for_a_while_in_room_that_was_reserved()
    {
        var disk = new FaultyGroupDisk();
        await using var broker = new TestBroker(disk: disk);
        await broker.Commit("", -1, 0);
        disk.Room = 0;
        // More than what makes the file be begun anew, for which there is no room.
        for (var offset = 1; offset < 450; offset++)
            Assert.Equal(KafkaError.None, await broker.Commit("", -1, offset));
        await broker.RestartAsync();
        Assert.Equal(449, broker.Committed());
    }

    [SkippableFact]
    public async Task The_room_is_really_reserved_on_disk()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "counts blocks with Linux's stat");
        await using var broker = new TestBroker();
        await broker.Commit("", -1, 0);
        var path = Assert.Single(Directory.GetFiles(broker.Folder));
        var blocks = await Blocks(path);
        Assert.True(blocks * 512 >= 48 << 10, $"{blocks} blocks of 512 bytes");
        Assert.InRange(new FileInfo(path).Length, 1, 1000);
    }

    [Fact]
    public async Task A_commit_that_finds_no_room_is_refused_and_what_was_acknowledged_stays()
    {
        var disk = new FaultyGroupDisk();
        await using var broker = new TestBroker(disk: disk);
        var formed = await broker.Form();
        await broker.Commit(formed.Ids[0], formed.Generation, 17);
        (disk.Room, disk.Reserved) = (0, 10);
        Assert.Equal(KafkaError.CoordinatorNotAvailable, await broker.Commit(formed.Ids[0], formed.Generation, 18));
        Assert.Equal(KafkaError.CoordinatorNotAvailable, await broker.Commit(formed.Ids[0], formed.Generation, 18));
        Assert.Equal(17, broker.Committed());
        Assert.Equal(KafkaError.None, broker.Heartbeat(formed.Ids[0], formed.Generation));

        (disk.Room, disk.Reserved) = (long.MaxValue, long.MaxValue);
        Assert.Equal(KafkaError.None, await broker.Commit(formed.Ids[0], formed.Generation, 19));
        await broker.RestartAsync();
        Assert.Equal(19, broker.Committed());
        Assert.Equal(KafkaError.None, broker.Heartbeat(formed.Ids[0], formed.Generation));
    }

    [Fact]
    public async Task A_file_that_could_not_be_begun_anew_takes_no_room()
    {
        var disk = new FaultyGroupDisk();
        await using var broker = new TestBroker(disk: disk);
        disk.Reserved = 10;
        Assert.Equal(KafkaError.CoordinatorNotAvailable, await broker.Commit("", -1, 18));
        Assert.Empty(Directory.GetFiles(broker.Folder));
    }

    [Fact]
    public async Task After_a_restart_in_the_midst_of_it_the_last_acknowledged_offset_counts()
    {
        var disk = new FaultyGroupDisk();
        await using var broker = new TestBroker(disk: disk);
        await broker.Commit("", -1, 17);
        (disk.Room, disk.Reserved) = (0, 10);
        Assert.Equal(KafkaError.CoordinatorNotAvailable, await broker.Commit("", -1, 18));
        await broker.RestartAsync();
        Assert.Equal(17, broker.Committed());
    }

    [Fact]
    public async Task A_rebalance_completes_although_its_members_cannot_be_saved_and_the_next_commit_saves_them()
    {
        var disk = new FaultyGroupDisk();
        await using var broker = new TestBroker(disk: disk);
        var first = await broker.Form();
        (disk.Room, disk.Reserved) = (0, 0);
        var late = broker.Join();
        var joined = await TestBroker.Within(Task.WhenAll(broker.Join(first.Ids[0]), late));
        var formed = await broker.Assign(joined);
        Assert.Equal(KafkaError.CoordinatorNotAvailable, await broker.Commit(formed.Ids[1], formed.Generation, 5));

        // Room for a line, and none for another file.
        disk.Reserved = 10_000;
        Assert.Equal(KafkaError.None, await broker.Commit(formed.Ids[1], formed.Generation, 5));
        await broker.RestartAsync();
        Assert.Equal(5, broker.Committed());
        Assert.Equal(KafkaError.None, broker.Heartbeat(formed.Ids[1], formed.Generation));
        Assert.Equal([1], (await TestBroker.Within(broker.Sync(formed.Ids[1], formed.Generation))).Assignment);
    }

    [Fact]
    public async Task A_topic_that_was_deleted_on_a_full_disk_is_forgotten_with_the_next_commit()
    {
        var disk = new FaultyGroupDisk();
        await using var broker = new TestBroker(disk: disk);
        await broker.Commit("", -1, 30);
        (disk.Room, disk.Reserved) = (0, 0);
        broker.Groups.TopicDeleted("chunks");
        Assert.Null(broker.Committed());
        disk.Reserved = 10_000;
        Assert.Equal(KafkaError.None, await broker.Commit("", -1, 40, topic: "other"));
        await broker.RestartAsync();
        Assert.Equal(((long?)null, 40), (broker.Committed(), broker.Committed(topic: "other")));
    }

    [Fact]
    public async Task After_a_flush_that_failed_the_file_is_begun_anew()
    {
        var disk = new FaultyGroupDisk();
        await using var broker = new TestBroker(disk: disk);
        await broker.Commit("", -1, 17);
        disk.FlushFails = true;
        Assert.Equal(KafkaError.CoordinatorNotAvailable, await broker.Commit("", -1, 18));
        Assert.Equal(17, broker.Committed());
        disk.FlushFails = false;
        Assert.Equal(KafkaError.None, await broker.Commit("", -1, 19, partition: 1));
        var path = Assert.Single(Directory.GetFiles(broker.Folder));
        Assert.StartsWith("{\"group\":\"g\"", (await File.ReadAllLinesAsync(path))[0][9..]);
        await broker.RestartAsync();
        Assert.Equal((17, 19), (broker.Committed(), broker.Committed(1)));
    }

    [Fact]
    public async Task A_fault_is_said_once_and_its_end_too_whatever_other_groups_do()
    {
        await using var broker = new TestBroker();
        var path = Path.Combine(broker.Folder, GroupFile.NameOf("b"));
        // What cannot be replaced by a file.
        Directory.CreateDirectory(Path.Combine(path, "x"));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(KafkaError.CoordinatorNotAvailable, await broker.Commit("", -1, i, group: "b"));
            Assert.Equal(KafkaError.None, await broker.Commit("", -1, i, group: "a"));
        }
        Directory.Delete(path, recursive: true);
        Assert.Equal(KafkaError.None, await broker.Commit("", -1, 4, group: "b"));
        Assert.Contains(path, Assert.Single(broker.Lines.At(LogLevel.Error)));
        Assert.Equal($"{path} can be written again.", Assert.Single(broker.Lines.At(LogLevel.Information)));
    }

    [Fact]
    public async Task A_fault_of_one_group_s_file_is_not_another_group_s()
    {
        await using var broker = new TestBroker();
        await broker.Commit("", -1, 1, group: "a");
        // What cannot be replaced by a file.
        Directory.CreateDirectory(Path.Combine(broker.Folder, GroupFile.NameOf("b"), "x"));
        var both = await Task.WhenAll(broker.Commit("", -1, 2, group: "b"), broker.Commit("", -1, 2, group: "a"));
        Assert.Equal([KafkaError.CoordinatorNotAvailable, KafkaError.None], both);
    }

    static async Task<long> Blocks(string path)
    {
        using var stat =
            System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("stat", ["-c", "%b", path]) { RedirectStandardOutput = true })!;
        var blocks = long.Parse(await stat.StandardOutput.ReadToEndAsync());
        await stat.WaitForExitAsync();
        return blocks;
    }
}
