using System.Text;
using Batch.EmbeddedKafka;
using Batch.EmbeddedKafka.Groups;
using Batch.EmbeddedKafka.Storage;
using Batch.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace Batch.Tests.EmbeddedKafka.Groups;

/// <summary>What survives the broker: members and offsets, whatever the end was like.</summary>
[Trait("Tier", "unit")]
public class GroupFileTests
{
    [Fact]
    public async Task Members_go_on_after_a_restart_of_the_broker_without_a_rebalance()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form(3, ["one", null, null]);
        await broker.Commit(formed.Ids[1], formed.Generation, 17);
        // Late in their sessions: each has a whole one again.
        broker.Time.Advance(TestBroker.SessionTimeout - 1);
        await broker.RestartAsync();
        broker.Time.Advance(TestBroker.SessionTimeout - 1);

        Assert.Equal(KafkaError.None, broker.Heartbeat(formed.Ids[0], formed.Generation, "one"));
        Assert.Equal(KafkaError.None, broker.Heartbeat(formed.Ids[1], formed.Generation));
        Assert.Equal(KafkaError.None, await broker.Commit(formed.Ids[1], formed.Generation, 18));
        Assert.Equal([2], (await TestBroker.Within(broker.Sync(formed.Ids[2], formed.Generation))).Assignment);
        Assert.Equal(18, broker.Committed());
        var described = broker.Groups.Find("g")!.Describe();
        Assert.Equal((GroupState.Stable, "consumer", "range"), (described.State, described.ProtocolType, described.Protocol));
        Assert.Equal(["one", null, null], described.Members.Select(member => member.InstanceId));
        Assert.All(described.Members, member => Assert.Equal(TestBroker.Subscription("chunks"), member.Metadata));

        // And the next rebalance is like any other.
        var leader = broker.Join(formed.Ids[0], "one");
        var joined = await TestBroker.Within(Task.WhenAll(leader, broker.Join(formed.Ids[1]), broker.Join(formed.Ids[2])));
        await broker.Assign(joined, ["one", null, null]);
    }

    [Fact]
    public async Task Members_that_are_gone_after_a_restart_of_the_broker_expire()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form(2);
        await broker.RestartAsync();
        broker.Time.Advance(TestBroker.SessionTimeout);
        Assert.Equal(GroupState.Empty, broker.State);
        Assert.Equal(KafkaError.UnknownMemberId, broker.Heartbeat(formed.Ids[0], formed.Generation));
    }

    [Fact]
    public async Task A_generation_is_never_given_twice()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form();
        broker.Leave(formed.Ids[0]);
        await broker.RestartAsync();
        Assert.True((await broker.Form()).Generation > formed.Generation + 1);
    }

    [Theory]
    [InlineData("batch-workers")]
    [InlineData("")]
    [InlineData("../../etc/passwd")]
    [InlineData("CON")]
    [InlineData("a\0b\n")]
    [InlineData("группа 組 😀")]
    public async Task Any_group_id_is_kept(string id)
    {
        await using var broker = new TestBroker();
        Assert.Equal(KafkaError.None, await broker.Commit("", -1, 5, group: id));
        Assert.Equal(KafkaError.None, await broker.Commit("", -1, 6, group: id.ToUpperInvariant() + new string('x', 3000)));
        await broker.RestartAsync();
        Assert.Equal(5, broker.Committed(group: id));
        Assert.Equal(6, broker.Committed(group: id.ToUpperInvariant() + new string('x', 3000)));
        Assert.All(Directory.GetFiles(broker.Folder), path => Assert.Matches("^[a-z0-9.-]{1,100}$", Path.GetFileName(path)));
    }

    [Fact]
    public async Task A_file_cut_off_at_any_byte_has_all_whole_lines_and_goes_on_from_there()
    {
        await using var broker = new TestBroker();
        for (var offset = 1; offset <= 3; offset++)
            await broker.Commit("", -1, offset);
        await broker.Groups.DisposeAsync();
        var path = Assert.Single(Directory.GetFiles(broker.Folder));
        var whole = await File.ReadAllBytesAsync(path);
        var ends = whole.Select((letter, at) => (letter, at)).Where(each => each.letter == '\n').Select(each => each.at + 1).ToArray();
        Assert.Equal(4, ends.Length);

        for (var length = ends[0]; length <= whole.Length; length++)
        {
            await File.WriteAllBytesAsync(path, whole[..length]);
            var file = new GroupFile(path, new LogDisk());
            var last = ends.Count(end => end <= length);
            var loaded = file.Load(NullLogger.Instance)!;
            Assert.Equal(OffsetAfter(last), OffsetOf(loaded));
            file.Write([new GroupRecord { Offsets = [new OffsetRecord("chunks", 1, 99, 0, "", 0)] }], loaded.ToRecord);
            var again = new GroupFile(path, new LogDisk()).Load(NullLogger.Instance)!;
            Assert.Equal(99, again.Offsets[new GroupPartition("chunks", 1)].Offset);
            Assert.Equal(OffsetAfter(last), OffsetOf(again));
        }

        // The first line is the group, which had nothing yet; then there is one a commit.
        long? OffsetAfter(int lines) => lines == 1 ? null : lines - 1;
        static long? OffsetOf(LoadedGroup loaded) => loaded.Offsets.TryGetValue(new GroupPartition("chunks", 0), out var offset) ? offset.Offset : null;
    }

    [Fact]
    public async Task A_damaged_line_costs_itself_and_no_other()
    {
        await using var broker = new TestBroker();
        for (var offset = 1; offset <= 3; offset++)
            await broker.Commit("", -1, offset, partition: offset);
        await broker.Groups.DisposeAsync();
        var path = Assert.Single(Directory.GetFiles(broker.Folder));
        var lines = await File.ReadAllLinesAsync(path);
        lines[^2] = lines[^2].Replace("\"offset\":2", "\"offset\":9");
        await File.WriteAllTextAsync(path, string.Join('\n', lines) + "\n");
        await broker.RestartAsync();
        Assert.Equal((1, (long?)null, 3), (broker.Committed(1), broker.Committed(2), broker.Committed(3)));
    }

    [Fact]
    public async Task A_file_without_a_readable_line_stops_nobody_and_is_left_as_it_is()
    {
        await using var broker = new TestBroker();
        await broker.Commit("", -1, 5);
        var damaged = Path.Combine(broker.Folder, "x.group");
        await File.WriteAllTextAsync(damaged, "nothing\n");
        await broker.RestartAsync();
        Assert.Equal(5, broker.Committed());
        Assert.Equal("nothing\n", await File.ReadAllTextAsync(damaged));
    }

    [Fact]
    public async Task A_file_that_was_not_finished_is_removed()
    {
        await using var broker = new TestBroker();
        await broker.Commit("", -1, 5);
        await broker.Groups.DisposeAsync();
        var path = Assert.Single(Directory.GetFiles(broker.Folder));
        File.Copy(path, path + GroupFile.NewExtension);
        await broker.RestartAsync();
        Assert.Equal([path], Directory.GetFiles(broker.Folder));
        Assert.Equal(5, broker.Committed());
    }

    [Fact]
    public async Task The_file_does_not_grow_without_end()
    {
        await using var broker = new TestBroker();
        for (var offset = 0; offset < 2000; offset++)
            await broker.Commit("", -1, offset);
        Assert.InRange(new FileInfo(Assert.Single(Directory.GetFiles(broker.Folder))).Length, 1, 40_000);
        await broker.RestartAsync();
        Assert.Equal(1999, broker.Committed());
    }

    [Fact]
    public async Task Positions_of_the_former_log_are_taken_over_once()
    {
        await using var broker = new TestBroker();
        await broker.Groups.DisposeAsync();
        var path = Path.Combine(broker.Folder, "batch-workers.positions");
        await File.WriteAllTextAsync(path, Line("chunks/0=17 chunks/1=20") + Line("chunks/0=18 chunks/1=20 other/3=4") + "77e0 chu");
        await broker.RestartAsync();
        Assert.Equal((18, 20, 4), (
            broker.Committed(group: "batch-workers"), broker.Committed(1, "batch-workers"), broker.Committed(3, "batch-workers", "other")));
        Assert.False(File.Exists(path));

        await broker.Commit("", -1, 30, group: "batch-workers");
        await broker.RestartAsync();
        Assert.Equal((30, 20), (broker.Committed(group: "batch-workers"), broker.Committed(1, "batch-workers")));
    }

    [Fact]
    public async Task Positions_without_a_readable_line_are_left_as_they_are()
    {
        await using var broker = new TestBroker();
        await broker.Groups.DisposeAsync();
        var path = Path.Combine(broker.Folder, "batch-workers.positions");
        await File.WriteAllTextAsync(path, "00000000 chunks/0=17\n");
        await broker.RestartAsync();
        Assert.Null(broker.Committed(group: "batch-workers"));
        Assert.True(File.Exists(path));
    }

    [Fact]
    public async Task Positions_that_a_crash_left_beside_their_successor_do_not_take_it_back()
    {
        await using var broker = new TestBroker();
        await broker.Commit("", -1, 30, group: "batch-workers");
        await broker.Groups.DisposeAsync();
        await File.WriteAllTextAsync(Path.Combine(broker.Folder, "batch-workers.positions"), Line("chunks/0=18 chunks/1=20"));
        await broker.RestartAsync();
        Assert.Equal((30, 20), (broker.Committed(group: "batch-workers"), broker.Committed(1, "batch-workers")));
    }

    [Fact]
    public async Task Positions_that_cannot_be_taken_over_for_good_are_used_and_read_again_at_the_next_start()
    {
        var disk = new FaultyGroupDisk { Room = 0 };
        await using var broker = new TestBroker(disk: disk);
        await broker.Groups.DisposeAsync();
        var path = Path.Combine(broker.Folder, "batch-workers.positions");
        await File.WriteAllTextAsync(path, Line("chunks/0=18"));
        await broker.RestartAsync();
        Assert.Equal(18, broker.Committed(group: "batch-workers"));
        Assert.True(File.Exists(path));
        disk.Room = long.MaxValue;
        await broker.RestartAsync();
        Assert.Equal(18, broker.Committed(group: "batch-workers"));
        Assert.False(File.Exists(path));
    }

    static string Line(string text) => $"{Crc32C.Of(Encoding.UTF8.GetBytes(text)):x8} {text}\n";
}
