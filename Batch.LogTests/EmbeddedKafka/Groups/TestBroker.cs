using System.Collections.Concurrent;
using Batch.EmbeddedKafka;
using Batch.EmbeddedKafka.Groups;
using Batch.EmbeddedKafka.Requests;
using Batch.EmbeddedKafka.Storage;
using Batch.Tests.Log;

namespace Batch.Tests.EmbeddedKafka.Groups;

/// <summary>A coordinator in a folder of its own, with a clock that the test moves. The topics are "chunks" and "other", four partitions each.</summary>
sealed class TestBroker : IAsyncDisposable
{
    public const int SessionTimeout = 10_000, RebalanceTimeout = 60_000;
    static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(30);

    readonly TemporaryFolder _folder = new();

    public TestBroker(GroupOptions? options = null, LogDisk? disk = null)
    {
        (Options, Disk) = (options ?? new GroupOptions(), disk ?? new LogDisk());
        Groups = Open();
    }

    public GroupOptions Options { get; }
    public LogDisk Disk { get; set; }
    public FakeTime Time { get; } = new();
    public HashSet<string> Topics { get; } = ["chunks", "other"];
    public ConcurrentQueue<(string Topic, int Partition)> Advanced { get; } = [];
    public LogLines<GroupCoordinator> Lines { get; } = new();
    public GroupCoordinator Groups { get; private set; }
    public string Folder => Path.Combine(_folder.Path, "groups");

    GroupCoordinator Open() => GroupCoordinator.Open(
        _folder.Path, new BrokerNode("cluster", "localhost", 9092), Options,
        (topic, partition) => Topics.Contains(topic) && partition is >= 0 and < 4 ? long.MaxValue : null, logWasCut: false,
        (topic, partition) => Advanced.Enqueue((topic, partition)), Lines, Time, Disk);

    public async Task RestartAsync()
    {
        await Groups.DisposeAsync();
        Groups = Open();
    }

    public Task<JoinResult> Join(
        string member = "", string? instance = null, string[]? protocols = null, string group = "g", string type = "consumer",
        int session = SessionTimeout, int rebalance = RebalanceTimeout, bool requireId = false, bool skip = false, string[]? topics = null) =>
        Groups.JoinAsync(group, new JoinRequest(
            member, instance, "client", "/127.0.0.1", session, rebalance, type,
            [.. (protocols ?? ["range"]).Select(name => new MemberProtocol(name, Subscription(topics ?? ["chunks"])))], requireId, skip, null));

    /// <summary>ConsumerProtocolSubscription, version 0: version, topics, no user data.</summary>
    public static byte[] Subscription(params string[] topics)
    {
        var bytes = new ClientEncoder(false).Int16(0).Int32(topics.Length);
        foreach (var topic in topics)
            bytes.String(topic);
        return bytes.Int32(-1).ToArray();
    }

    public Task<SyncResult> Sync(string member, int generation, string? instance = null, params (string Member, byte Partition)[] assignments) =>
        Groups.SyncAsync("g", new SyncRequest(
            generation, member, instance, "consumer", "range", assignments.ToDictionary(part => part.Member, part => new[] { part.Partition })));

    public KafkaError Heartbeat(string member, int generation, string? instance = null) => Groups.Heartbeat("g", generation, member, instance);

    public KafkaError Leave(string member, string? instance = null) => Groups.Leave("g", [new LeavingMember(member, instance, null)]).Members.Single();

    public async Task<KafkaError> Commit(
        string member, int generation, long offset, int partition = 0, string? instance = null, string group = "g", string topic = "chunks") =>
        await Within(Groups.CommitAsync(group, new CommitRequest(generation, member, instance, [KeyValuePair.Create(
            new GroupPartition(topic, partition), new CommittedOffset(offset, 0, "", Groups.UtcNow))]), KafkaError.IllegalGeneration));

    public long? Committed(int partition = 0, string group = "g", string topic = "chunks") =>
        Groups.Find(group)?.Committed(new GroupPartition(topic, partition))?.Offset;

    /// <summary>Members join together, the first of them leads, and member number n is assigned the byte n.</summary>
    public async Task<Formed> Form(int members = 1, string?[]? instances = null, string[]? protocols = null)
    {
        var joins = Enumerable.Range(0, members).Select(i => Join(instance: instances?[i], protocols: protocols)).ToArray();
        Time.Advance(Options.InitialRebalanceDelayMs * (members + 1));
        var joined = await Within(Task.WhenAll(joins));
        return await Assign(joined, instances);
    }

    /// <summary>Everybody of a generation fetches the assignment.</summary>
    public async Task<Formed> Assign(JoinResult[] joined, string?[]? instances = null)
    {
        var generation = Assert.Single(joined.Select(join => join.Generation).Distinct());
        Assert.All(joined, join => Assert.Equal(KafkaError.None, join.Error));
        var parts = joined.Select((join, i) => (join.MemberId, (byte)i)).ToArray();
        var synced = await Within(Task.WhenAll(joined.Select((join, i) =>
            Sync(join.MemberId, generation, instances?[i], join.Leader == join.MemberId ? parts : []))));
        Assert.All(synced, (sync, i) => Assert.Equal(new[] { (byte)i }, sync.Assignment));
        return new Formed(generation, [.. joined.Select(join => join.MemberId)]);
    }

    public GroupState State => Groups.Find("g")!.Describe().State;

    public static Task<T> Within<T>(Task<T> task) => task.WaitAsync(TestTimeout);

    public async ValueTask DisposeAsync()
    {
        await Groups.DisposeAsync();
        _folder.Dispose();
    }

    /// <param name="Ids">Of the members, in the order in which they joined.</param>
    public sealed record Formed(int Generation, string[] Ids);
}
