using Batch.EmbeddedKafka;
using Batch.EmbeddedKafka.Groups;
using Batch.EmbeddedKafka.Protocol;

namespace Batch.Tests.EmbeddedKafka.Groups;

/// <summary>Requests about offsets and those of administrators in every version, byte for byte, as Kafka's message definitions have them.</summary>
[Trait("Tier", "unit")]
public class OffsetLayoutTests
{
    public static TheoryData<short> Versions(short from, short to) => [.. Enumerable.Range(from, to - from + 1).Select(version => (short)version)];

    [Fact]
    public async Task All_requests_about_groups_are_answered_in_these_versions()
    {
        await using var broker = new TestBroker();
        Assert.Equal(
            [
                (ApiKey.OffsetCommit, 2, 9), (ApiKey.OffsetFetch, 1, 9), (ApiKey.FindCoordinator, 0, 6), (ApiKey.JoinGroup, 0, 9),
                (ApiKey.Heartbeat, 0, 4), (ApiKey.LeaveGroup, 0, 5), (ApiKey.SyncGroup, 0, 5), (ApiKey.DescribeGroups, 0, 5),
                (ApiKey.ListGroups, 0, 5), (ApiKey.DeleteGroups, 0, 2), (ApiKey.OffsetDelete, 0, 0),
            ],
            broker.Groups.Handlers.Select(handler => (handler.Key, (int)handler.MinVersion, (int)handler.MaxVersion)).Order());
    }

    [Theory]
    [MemberData(nameof(Versions), (short)2, (short)9)]
    public async Task OffsetCommit(short version)
    {
        await using var broker = new TestBroker();
        await new Asked(broker, ApiKey.OffsetCommit, version, flexibleFrom: 8).Answers(
            request => Commit(request, version, -1, "", topics => topics.Array(2)
                .String("chunks").Array(3)
                .Int32(0).Int64(17).If(version >= 6, body => body.Int32(3)).String("note").Tags()
                .Int32(1).Int64(18).If(version >= 6, body => body.Int32(-1)).String(new string('x', 4097)).Tags()
                .Int32(9).Int64(19).If(version >= 6, body => body.Int32(-1)).String(null).Tags().Tags()
                .String("nothing").Array(1).Int32(0).Int64(1).If(version >= 6, body => body.Int32(-1)).String(null).Tags().Tags()),
            response => response.If(version >= 3, body => body.Int32(0)).Array(2)
                .String("chunks").Array(3)
                .Int32(0).Int16(0).Tags()
                .Int32(1).Int16((short)KafkaError.OffsetMetadataTooLarge).Tags()
                .Int32(9).Int16((short)KafkaError.UnknownTopicOrPartition).Tags().Tags()
                .String("nothing").Array(1).Int32(0).Int16((short)KafkaError.UnknownTopicOrPartition).Tags().Tags().Tags());
        Assert.Equal((17, (long?)null), (broker.Committed(), broker.Committed(1)));
        Assert.Equal(version >= 6 ? 3 : -1, broker.Groups.Find("g")!.Committed(new GroupPartition("chunks", 0))!.Value.LeaderEpoch);
    }

    [Theory]
    [MemberData(nameof(Versions), (short)2, (short)9)]
    public async Task OffsetCommit_of_a_member_in_a_group_that_is_not_there(short version)
    {
        await using var broker = new TestBroker();
        var expected = version >= 9 ? KafkaError.GroupIdNotFound : KafkaError.IllegalGeneration;
        await new Asked(broker, ApiKey.OffsetCommit, version, flexibleFrom: 8).Answers(
            request => Commit(request, version, 4, "somebody", topics => topics.Array(1)
                .String("chunks").Array(1).Int32(0).Int64(17).If(version >= 6, body => body.Int32(3)).String("").Tags().Tags()),
            response => response.If(version >= 3, body => body.Int32(0)).Array(1)
                .String("chunks").Array(1).Int32(0).Int16((short)expected).Tags().Tags().Tags());
    }

    static ClientEncoder Commit(ClientEncoder request, short version, int generation, string member, Func<ClientEncoder, ClientEncoder> topics) =>
        topics(request.String("g").Int32(generation).String(member).If(version >= 7, body => body.String(null))
            .If(version <= 4, body => body.Int64(-1))).Tags();

    [Theory]
    [MemberData(nameof(Versions), (short)1, (short)9)]
    public async Task OffsetFetch(short version)
    {
        await using var broker = new TestBroker();
        await broker.Commit("", -1, 17);
        await broker.Commit("", -1, 18, topic: "other");
        await new Asked(broker, ApiKey.OffsetFetch, version, flexibleFrom: 6).Answers(
            request => Fetch(request, version, topics => topics.Array(1).String("chunks").Array(2).Int32(0).Int32(1).Tags()),
            response => Fetched(response,
                version, topics => Partition(Partition(topics.Array(1).String("chunks").Array(2), version, 0, 17, 0), version, 1, -1, -1).Tags()));
    }

    [Theory]
    [MemberData(nameof(Versions), (short)2, (short)9)]
    public async Task OffsetFetch_of_no_topics_in_particular_means_all(short version)
    {
        await using var broker = new TestBroker();
        await broker.Commit("", -1, 17);
        await broker.Commit("", -1, 18, topic: "other");
        await new Asked(broker, ApiKey.OffsetFetch, version, flexibleFrom: 6).Answers(
            request => Fetch(request, version, topics => topics.Array(-1)),
            response => Fetched(response, version, topics => Partition(
                Partition(topics.Array(2).String("chunks").Array(1), version, 0, 17, 0).Tags().String("other").Array(1), version, 0, 18, 0).Tags()));
    }

    [Fact]
    public async Task OffsetFetch_version_1_has_to_name_its_topics()
    {
        await using var broker = new TestBroker();
        var asked = new Asked(broker, ApiKey.OffsetFetch, 1, flexibleFrom: 6);
        await Assert.ThrowsAsync<MalformedRequestException>(() => asked.ReadAsync(request => request.String("g").Array(-1)));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(9)]
    public async Task OffsetFetch_of_several_groups(short version)
    {
        await using var broker = new TestBroker();
        await broker.Commit("", -1, 17);
        await new Asked(broker, ApiKey.OffsetFetch, version, flexibleFrom: 6).Answers(
            request => request.Array(2)
                .String("g").If(version >= 9, body => body.String(null).Int32(-1)).Array(-1).Tags()
                .String("nobody").If(version >= 9, body => body.String(null).Int32(-1)).Array(1).String("chunks").Array(1).Int32(0).Tags().Tags()
                .Bool(true).Tags(),
            response => Partition(Partition(response.Int32(0).Array(2)
                .String("g").Array(1).String("chunks").Array(1), version, 0, 17, 0).Tags().Int16(0).Tags()
                .String("nobody").Array(1).String("chunks").Array(1), version, 0, -1, -1).Tags().Int16(0).Tags().Tags());
    }

    static ClientEncoder Fetch(ClientEncoder request, short version, Func<ClientEncoder, ClientEncoder> topics) => version >= 8
        ? topics(request.Array(1).String("g").If(version >= 9, body => body.String("member").Int32(1))).Tags().Bool(false).Tags()
        : topics(request.String("g")).If(version >= 7, body => body.Bool(false)).Tags();

    static ClientEncoder Fetched(ClientEncoder response, short version, Func<ClientEncoder, ClientEncoder> topics) => version >= 8
        ? topics(response.Int32(0).Array(1).String("g")).Int16(0).Tags().Tags()
        : topics(response.If(version >= 3, body => body.Int32(0))).If(version >= 2, body => body.Int16(0)).Tags();

    static ClientEncoder Partition(ClientEncoder response, short version, int partition, long offset, int epoch) =>
        response.Int32(partition).Int64(offset).If(version >= 5, body => body.Int32(epoch)).String("").Int16(0).Tags();

    [Theory]
    [MemberData(nameof(Versions), (short)0, (short)5)]
    public async Task DescribeGroups(short version)
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form(1, ["one"]);
        // Read, delete, describe.
        var operations = version >= 3 ? 0b1_0100_1000 : 0;
        await new Asked(broker, ApiKey.DescribeGroups, version, flexibleFrom: 5).Answers(
            request => request.Array(2).String("g").String("nobody").If(version >= 3, body => body.Bool(true)).Tags(),
            response => response.If(version >= 1, body => body.Int32(0)).Array(2)
                .Int16(0).String("g").String("Stable").String("consumer").String("range").Array(1)
                .String(formed.Ids[0]).If(version >= 4, body => body.String("one")).String("client").String("/127.0.0.1")
                .Bytes(TestBroker.Subscription("chunks")).Bytes([0]).Tags()
                .If(version >= 3, body => body.Int32(operations)).Tags()
                .Int16(0).String("nobody").String("Dead").String("").String("").Array(0)
                .If(version >= 3, body => body.Int32(operations)).Tags().Tags());
    }

    [Fact]
    public async Task DescribeGroups_says_no_operations_where_none_were_asked_for()
    {
        await using var broker = new TestBroker();
        await new Asked(broker, ApiKey.DescribeGroups, 3, flexibleFrom: 5).Answers(
            request => request.Array(1).String("nobody").Bool(false),
            response => response.Int32(0).Array(1).Int16(0).String("nobody").String("Dead").String("").String("").Array(0).Int32(int.MinValue));
    }

    [Theory]
    [MemberData(nameof(Versions), (short)0, (short)5)]
    public async Task ListGroups(short version)
    {
        await using var broker = new TestBroker();
        await broker.Form();
        await broker.Commit("", -1, 17, group: "simple");
        var asked = new Asked(broker, ApiKey.ListGroups, version, flexibleFrom: 3);
        if (version >= 4)
        {
            await asked.Answers(
                request => request.Array(2).String("stable").String("Dead").If(version >= 5, body => body.Array(1).String("Classic")).Tags(),
                response => response.Int32(0).Int16(0).Array(1)
                    .String("g").String("consumer").String("Stable").If(version >= 5, body => body.String("classic")).Tags().Tags());
        }
        if (version >= 5)
        {
            await asked.Answers(
                request => request.Array(0).Array(1).String("consumer").Tags(),
                response => response.Int32(0).Int16(0).Array(0).Tags());
        }
        await broker.Groups.DeleteAsync("simple");
        await asked.Answers(
            request => request.If(version >= 4, body => body.Array(0)).If(version >= 5, body => body.Array(0)).Tags(),
            response => response.If(version >= 1, body => body.Int32(0)).Int16(0).Array(1).String("g").String("consumer")
                .If(version >= 4, body => body.String("Stable")).If(version >= 5, body => body.String("classic")).Tags().Tags());
    }

    [Theory]
    [MemberData(nameof(Versions), (short)0, (short)2)]
    public async Task DeleteGroups(short version)
    {
        await using var broker = new TestBroker();
        await broker.Form();
        await broker.Commit("", -1, 17, group: "simple");
        await new Asked(broker, ApiKey.DeleteGroups, version, flexibleFrom: 2).Answers(
            request => request.Array(3).String("g").String("simple").String("nobody").Tags(),
            response => response.Int32(0).Array(3)
                .String("g").Int16((short)KafkaError.NonEmptyGroup).Tags()
                .String("simple").Int16(0).Tags()
                .String("nobody").Int16((short)KafkaError.GroupIdNotFound).Tags().Tags());
    }

    [Fact]
    public async Task OffsetDelete()
    {
        await using var broker = new TestBroker();
        await broker.Commit("", -1, 17);
        await broker.Commit("", -1, 18, topic: "other");
        await broker.Form();
        var asked = new Asked(broker, ApiKey.OffsetDelete, 0, short.MaxValue);
        await asked.Answers(
            request => request.String("g").Array(2).String("chunks").Array(1).Int32(0).String("other").Array(2).Int32(0).Int32(9),
            response => response.Int16(0).Int32(0).Array(2)
                .String("chunks").Array(1).Int32(0).Int16((short)KafkaError.GroupSubscribedToTopic)
                .String("other").Array(2).Int32(0).Int16(0).Int32(9).Int16((short)KafkaError.UnknownTopicOrPartition));
        Assert.Null(broker.Committed(topic: "other"));
        await asked.Answers(
            request => request.String("nobody").Array(1).String("chunks").Array(1).Int32(0),
            response => response.Int16((short)KafkaError.GroupIdNotFound).Int32(0).Array(0));
    }
}
