using Batch.EmbeddedKafka;
using Batch.EmbeddedKafka.Groups;
using Batch.EmbeddedKafka.Protocol;

namespace Batch.Tests.EmbeddedKafka.Groups;

/// <summary>Requests of members in every version, byte for byte, as Kafka's message definitions have them.</summary>
[Trait("Tier", "unit")]
public class MembershipLayoutTests
{
    static readonly byte[] Metadata = [1, 2, 3];

    public static TheoryData<short> Versions(short from, short to) => [.. Enumerable.Range(from, to - from + 1).Select(version => (short)version)];

    [Theory]
    [MemberData(nameof(Versions), (short)0, (short)6)]
    public async Task FindCoordinator(short version)
    {
        await using var broker = new TestBroker();
        var asked = new Asked(broker, ApiKey.FindCoordinator, version, flexibleFrom: 3);
        await asked.Answers(
            request => version >= 4
                ? request.Int8(0).Array(2).String("g").String("h").Tags()
                : request.String("g").If(version >= 1, body => body.Int8(0)).Tags(),
            response => version >= 4
                ? response.Int32(0).Array(2)
                    .String("g").Int32(0).String("localhost").Int32(9092).Int16(0).String(null).Tags()
                    .String("h").Int32(0).String("localhost").Int32(9092).Int16(0).String(null).Tags().Tags()
                : response.If(version >= 1, body => body.Int32(0)).Int16(0).If(version >= 1, body => body.String(null))
                    .Int32(0).String("localhost").Int32(9092).Tags());
    }

    [Theory]
    [MemberData(nameof(Versions), (short)1, (short)6)]
    public async Task FindCoordinator_of_a_transaction_says_that_there_are_none(short version)
    {
        await using var broker = new TestBroker();
        const string None = "This broker has no transactions: leave transactional.id unset.";
        await new Asked(broker, ApiKey.FindCoordinator, version, flexibleFrom: 3).Answers(
            request => version >= 4 ? request.Int8(1).Array(1).String("t").Tags() : request.String("t").Int8(1).Tags(),
            response => version >= 4
                ? response.Int32(0).Array(1).String("t").Int32(-1).String("").Int32(-1).Int16(53).String(None).Tags().Tags()
                : response.Int32(0).Int16(53).String(None).Int32(-1).String("").Int32(-1).Tags());
    }

    [Theory]
    [MemberData(nameof(Versions), (short)0, (short)9)]
    public async Task JoinGroup(short version)
    {
        await using var broker = new TestBroker(new GroupOptions { InitialRebalanceDelayMs = 0 });
        var asked = new Asked(broker, ApiKey.JoinGroup, version, flexibleFrom: 6);
        var member = "";
        if (version >= 4)
        {
            var refused = await asked.ReadAsync(request => Join(request, version, ""));
            member = MemberIdOf(refused, version, asked.IsFlexible);
            Assert.StartsWith("client-", member);
            Assert.Equal(Joined(asked.Response(), version, KafkaError.MemberIdRequired, -1, null, null, "", member), refused);
        }
        var answer = await asked.ReadAsync(request => Join(request, version, member));
        member = MemberIdOf(answer, version, asked.IsFlexible);
        Assert.Equal(Joined(asked.Response(), version, KafkaError.None, 1, "consumer", "range", member, member, null), answer);
    }

    [Theory]
    [MemberData(nameof(Versions), (short)5, (short)9)]
    public async Task JoinGroup_of_a_static_member_that_is_back(short version)
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form(1, ["one"]);
        var asked = new Asked(broker, ApiKey.JoinGroup, version, flexibleFrom: 6);
        var answer = await asked.ReadAsync(request => Join(request, version, "", "one"));
        var member = MemberIdOf(answer, version, asked.IsFlexible);
        var skips = version >= 9;
        var expected = Joined(
            asked.Response(), version, KafkaError.None, 1, "consumer", "range", skips ? member : formed.Ids[0], member, skips ? ["one"] : [], skips);
        Assert.Equal(expected, answer);
    }

    static ClientEncoder Join(ClientEncoder request, short version, string member, string? instance = null) =>
        request.String("g").Int32(10_000).If(version >= 1, body => body.Int32(60_000)).String(member)
            .If(version >= 5, body => body.String(instance)).String("consumer")
            .Array(2).String("range").Bytes(Metadata).Tags().String("sticky").Bytes([]).Tags()
            .If(version >= 8, body => body.String("because")).Tags();

    /// <param name="instances">Of the members that the leader is told of; each has the id <paramref name="member"/>.</param>
    static byte[] Joined(
        ClientEncoder response, short version, KafkaError error, int generation, string? type, string? protocol, string leader, string member,
        params string?[]? instances)
    {
        return Joined(response, version, error, generation, type, protocol, leader, member, instances ?? [null], false);
    }

    static byte[] Joined(
        ClientEncoder response, short version, KafkaError error, int generation, string? type, string? protocol, string leader, string member,
        string?[] instances, bool skips)
    {
        response.If(version >= 2, body => body.Int32(0)).Int16((short)error).Int32(generation).If(version >= 7, body => body.String(type))
            .String(version >= 7 ? protocol : protocol ?? "").String(leader).If(version >= 9, body => body.Bool(skips)).String(member).Array(instances.Length);
        foreach (var instance in instances)
            response.String(member).If(version >= 5, body => body.String(instance)).Bytes(Metadata).Tags();
        return response.Tags().ToArray();
    }

    static string MemberIdOf(byte[] response, short version, bool flexible)
    {
        var reader = new KafkaReader(response, flexible);
        if (version >= 2)
            reader.Int32();
        reader.Int16();
        reader.Int32();
        if (version >= 7)
            reader.NullableString();
        reader.NullableString();
        reader.String();
        if (version >= 9)
            reader.Bool();
        return reader.String();
    }

    [Theory]
    [InlineData(0, 10_000)]
    [InlineData(1, 60_000)]
    public async Task In_version_0_a_member_is_waited_for_as_long_as_its_session(short version, int timeout)
    {
        await using var broker = new TestBroker(new GroupOptions { InitialRebalanceDelayMs = 0 });
        var asked = new Asked(broker, ApiKey.JoinGroup, version, flexibleFrom: 6);
        var member = MemberIdOf(await asked.ReadAsync(request => Join(request, version, "")), version, false);
        var late = broker.Join(rebalance: 0);
        for (var waited = 0; waited < timeout; waited += 5000)
        {
            broker.Heartbeat(member, 1);
            Assert.False(late.IsCompleted);
            broker.Time.Advance(5000);
        }
        Assert.Equal(2, (await TestBroker.Within(late)).Generation);
    }

    [Theory]
    [MemberData(nameof(Versions), (short)0, (short)5)]
    public async Task SyncGroup(short version)
    {
        await using var broker = new TestBroker(new GroupOptions { InitialRebalanceDelayMs = 0 });
        var member = (await TestBroker.Within(broker.Join())).MemberId;
        var asked = new Asked(broker, ApiKey.SyncGroup, version, flexibleFrom: 4);
        await asked.Answers(
            request => request.String("g").Int32(1).String(member).If(version >= 3, body => body.String(null))
                .If(version >= 5, body => body.String("consumer").String("range")).Array(1).String(member).Bytes([9, 8]).Tags().Tags(),
            response => response.If(version >= 1, body => body.Int32(0)).Int16(0)
                .If(version >= 5, body => body.String("consumer").String("range")).Bytes([9, 8]).Tags());
        await asked.Answers(
            request => request.String("g").Int32(7).String(member).If(version >= 3, body => body.String(null))
                .If(version >= 5, body => body.String("consumer").String("range")).Array(0).Tags(),
            response => response.If(version >= 1, body => body.Int32(0)).Int16((short)KafkaError.IllegalGeneration)
                .If(version >= 5, body => body.String(null).String(null)).Bytes([]).Tags());
    }

    [Fact]
    public async Task SyncGroup_has_to_name_its_protocol_from_version_5_on()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form();
        await new Asked(broker, ApiKey.SyncGroup, 5, flexibleFrom: 4).Answers(
            request => request.String("g").Int32(formed.Generation).String(formed.Ids[0]).String(null).String(null).String("range").Array(0).Tags(),
            response => response.Int32(0).Int16((short)KafkaError.InconsistentGroupProtocol).String(null).String(null).Bytes([]).Tags());
    }

    [Theory]
    [MemberData(nameof(Versions), (short)0, (short)4)]
    public async Task Heartbeat(short version)
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form(1, ["one"]);
        var asked = new Asked(broker, ApiKey.Heartbeat, version, flexibleFrom: 4);
        foreach (var (generation, member, error) in new[]
        {
            (formed.Generation, formed.Ids[0], KafkaError.None),
            (formed.Generation + 1, formed.Ids[0], KafkaError.IllegalGeneration),
            (formed.Generation, "nobody", version >= 3 ? KafkaError.FencedInstanceId : KafkaError.UnknownMemberId),
        })
        {
            await asked.Answers(
                request => request.String("g").Int32(generation).String(member).If(version >= 3, body => body.String("one")).Tags(),
                response => response.If(version >= 1, body => body.Int32(0)).Int16((short)error).Tags());
        }
    }

    [Theory]
    [MemberData(nameof(Versions), (short)0, (short)5)]
    public async Task LeaveGroup(short version)
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form(2, ["one", null]);
        var asked = new Asked(broker, ApiKey.LeaveGroup, version, flexibleFrom: 4);
        if (version < 3)
        {
            foreach (var error in new[] { KafkaError.None, KafkaError.UnknownMemberId })
                await asked.Answers(
                    request => request.String("g").String(formed.Ids[1]),
                    response => response.If(version >= 1, body => body.Int32(0)).Int16((short)error));
            return;
        }
        await asked.Answers(
            request => request.String("g").Array(3)
                .String("").String("one").If(version >= 5, body => body.String("shut down")).Tags()
                .String(formed.Ids[1]).String(null).If(version >= 5, body => body.String(null)).Tags()
                .String("nobody").String(null).If(version >= 5, body => body.String(null)).Tags().Tags(),
            response => response.Int32(0).Int16(0).Array(3)
                .String("").String("one").Int16(0).Tags()
                .String(formed.Ids[1]).String(null).Int16(0).Tags()
                .String("nobody").String(null).Int16((short)KafkaError.UnknownMemberId).Tags().Tags());
        Assert.Equal(GroupState.Empty, broker.State);
    }
}
