using System.Collections.Concurrent;
using Batch.EmbeddedKafka.Requests;
using Batch.EmbeddedKafka.Server;
using Batch.EmbeddedKafka.Storage;
using Microsoft.Extensions.Logging;

namespace Batch.EmbeddedKafka.Groups;

/// <summary>All consumer groups of the broker: which there are, where they are kept, and how far they have got.</summary>
/// <remarks>
/// <code>
/// DATA/groups/batch-workers-1f0c….group    a group: members and committed offsets (<see cref="GroupFile"/>)
/// DATA/groups/batch-workers.positions      of the log before this broker; taken over once (the upgrade of an older folder)
/// </code>
/// What a group does is <see cref="ClassicGroup"/>'s.
/// </remarks>
internal sealed partial class GroupCoordinator : IAsyncDisposable
{
    const string Folder = "groups";

    readonly GroupOptions _options;
    readonly Func<string, int, long?> _endOf;
    readonly ILogger _logger;
    readonly TimeProvider _time;
    readonly LogDisk _disk;
    readonly string _folder;
    readonly GroupWriter _writer;
    readonly ConcurrentDictionary<string, ClassicGroup> _groups = new(StringComparer.Ordinal);
    readonly Lock _creating = new();
    readonly ITimer _cleanup;
    volatile bool _disposed;

    GroupCoordinator(
        string folder, BrokerNode node, GroupOptions options, Func<string, int, long?> endOf,
        Action<string, int> consumedAdvanced, ILogger logger, TimeProvider time, LogDisk disk)
    {
        (_folder, _options, _endOf, _logger, _time, _disk) =
            (Path.Combine(folder, Folder), options, endOf, logger, time, disk);
        _writer = new GroupWriter(consumedAdvanced, logger);
        Handlers =
        [
            new FindCoordinatorHandler(node), new JoinGroupHandler(this), new SyncGroupHandler(this), new HeartbeatHandler(this),
            new LeaveGroupHandler(this), new OffsetCommitHandler(this), new OffsetFetchHandler(this), new DescribeGroupsHandler(this),
            new ListGroupsHandler(this), new DeleteGroupsHandler(this), new OffsetDeleteHandler(this),
        ];
        var check = TimeSpan.FromMilliseconds(options.OffsetsRetentionCheckMs);
        _cleanup = time.CreateTimer(_ => RemoveExpired(), null, check, check);
    }

    /// <summary>Reads all groups, when all topics are there. A file that cannot be read is reported and left where it is.</summary>
    /// <param name="folder">The broker's data folder; groups have the folder "groups" in it.</param>
    /// <param name="node">Where FindCoordinator sends clients.</param>
    /// <param name="endOf">Of topic and partition, the offset that is given next; null: there is none, and commits for it are refused.</param>
    /// <param name="logWasCut">Members may have read what the log has lost: they have to join again.</param>
    /// <param name="consumedAdvanced">
    /// Topic and partition of which <see cref="ConsumedBelow"/> may have advanced. Called on the one thread that writes commits, so it has
    /// to return soon.
    /// </param>
    /// <exception cref="StorageException">The folder cannot be used.</exception>
    public static GroupCoordinator Open(
        string folder, BrokerNode node, GroupOptions options, Func<string, int, long?> endOf,
        bool logWasCut, Action<string, int> consumedAdvanced, ILogger logger, TimeProvider time) =>
        Open(folder, node, options, endOf, logWasCut, consumedAdvanced, logger, time, new LogDisk());

    internal static GroupCoordinator Open(
        string folder, BrokerNode node, GroupOptions options, Func<string, int, long?> endOf,
        bool logWasCut, Action<string, int> consumedAdvanced, ILogger logger, TimeProvider time, LogDisk disk)
    {
        var coordinator = new GroupCoordinator(folder, node, options, endOf, consumedAdvanced, logger, time, disk);
        try
        {
            coordinator.Load(logWasCut);
            return coordinator;
        }
        catch (Exception e)
        {
            coordinator._cleanup.Dispose();
            coordinator._writer.Dispose();
            if (LogDisk.IsFault(e))
                throw new StorageException($"The groups in {coordinator._folder} cannot be read: {e.Message}", e);
            throw;
        }
    }

    /// <summary>Those of all requests that are about groups.</summary>
    public IReadOnlyList<RequestHandler> Handlers { get; }

    public GroupOptions Options => _options;

    public long UtcNow => _time.GetUtcNow().ToUnixTimeMilliseconds();

    string PathOf(string groupId) => Path.Combine(_folder, GroupFile.NameOf(groupId));

    ClassicGroup NewGroup(string id, GroupFile file) => _groups[id] = new ClassicGroup(id, file, _writer, _options, _logger, _time);

    public ClassicGroup? Find(string groupId) => _groups.GetValueOrDefault(groupId);

    /// <returns>Null: there are as many groups as may be.</returns>
    public ClassicGroup? FindOrCreate(string groupId)
    {
        if (Find(groupId) is { } present)
            return present;
        lock (_creating)
        {
            if (Find(groupId) is { } made)
                return made;
            if (_groups.Count >= _options.MaxGroups)
                RemoveExpired();
            if (_groups.Count < _options.MaxGroups)
                return NewGroup(groupId, new GroupFile(PathOf(groupId), _disk));
        }
        _logger.TooManyGroups(_options.MaxGroups, groupId);
        return null;
    }

    public IEnumerable<ClassicGroup> Groups => _groups.Values;

    public bool PartitionExists(GroupPartition partition) => _endOf(partition.Topic, partition.Partition) is not null;

    /// <summary>JoinGroup of any group. A new member makes its group.</summary>
    public Task<JoinResult> JoinAsync(string groupId, JoinRequest request)
    {
        var error = groupId.Length == 0 ? KafkaError.InvalidGroupId
            : request.SessionTimeoutMs < _options.MinSessionTimeoutMs ? KafkaError.InvalidSessionTimeout
            : request.SessionTimeoutMs > _options.MaxSessionTimeoutMs ? KafkaError.InvalidSessionTimeout
            : KafkaError.None;
        if (error != KafkaError.None)
            return Task.FromResult(new JoinResult(error, request.MemberId));
        if (_disposed)
            return Task.FromResult(new JoinResult(KafkaError.CoordinatorNotAvailable, request.MemberId));
        var isNew = request.MemberId.Length == 0;
        if ((isNew ? FindOrCreate(groupId) : Find(groupId)) is { } group)
            return group.JoinAsync(request);
        return Task.FromResult(new JoinResult(isNew ? KafkaError.PolicyViolation : KafkaError.UnknownMemberId, request.MemberId));
    }

    public Task<SyncResult> SyncAsync(string groupId, SyncRequest request) =>
        groupId.Length == 0 ? Task.FromResult(SyncResult.Failed(KafkaError.InvalidGroupId))
        : Find(groupId)?.SyncAsync(request) ?? Task.FromResult(SyncResult.Failed(KafkaError.UnknownMemberId));

    public KafkaError Heartbeat(string groupId, int generation, string memberId, string? instanceId) =>
        groupId.Length == 0 ? KafkaError.InvalidGroupId
        : Find(groupId)?.Heartbeat(generation, memberId, instanceId) ?? KafkaError.UnknownMemberId;

    /// <returns>An error of the whole request, or one a member.</returns>
    public (KafkaError Error, KafkaError[] Members) Leave(string groupId, IReadOnlyList<LeavingMember> leaving)
    {
        if (groupId.Length == 0)
            return (KafkaError.InvalidGroupId, []);
        if (Find(groupId) is not { } group)
            return (KafkaError.None, [.. leaving.Select(_ => KafkaError.UnknownMemberId)]);
        return group.Leave(leaving) is { } errors ? (KafkaError.None, errors) : (KafkaError.CoordinatorNotAvailable, []);
    }

    /// <summary>OffsetCommit. A consumer without a group's members makes the group.</summary>
    /// <param name="notFound">What is said where a member names a group that is not there; it depends on the version.</param>
    public Task<KafkaError> CommitAsync(string groupId, CommitRequest request, KafkaError notFound)
    {
        if (_disposed)
            return Task.FromResult(KafkaError.CoordinatorNotAvailable);
        var isSimple = request.Generation < 0;
        if ((isSimple ? FindOrCreate(groupId) : Find(groupId)) is { } group)
            return group.CommitAsync(request);
        return Task.FromResult(isSimple ? KafkaError.PolicyViolation : notFound);
    }

    /// <summary>DeleteGroups, of one.</summary>
    public async Task<KafkaError> DeleteAsync(string groupId)
    {
        if (Find(groupId) is not { } group)
            return KafkaError.GroupIdNotFound;
        var error = group.Kill();
        if (error != KafkaError.None)
            return error;
        return await ForgetAsync(group) ? KafkaError.None : KafkaError.CoordinatorNotAvailable;
    }

    Task<bool> ForgetAsync(ClassicGroup group)
    {
        // The deletion is handed in before another group of that name can hand in anything.
        var deleted = group.DeleteFileAsync();
        _groups.TryRemove(KeyValuePair.Create(group.Id, group));
        return deleted;
    }

    void RemoveExpired()
    {
        foreach (var group in _groups.Values)
            if (group.RemoveExpired())
                _ = ForgetAsync(group);
    }

    /// <summary>The least committed offset of all groups that have one for the partition; null: none has. It may lie behind the log's end.</summary>
    public long? ConsumedBelow(string topic, int partition)
    {
        long? least = null;
        foreach (var group in _groups.Values)
            if (group.Committed(new GroupPartition(topic, partition)) is { } committed && !(committed.Offset >= least))
                least = committed.Offset;
        return least;
    }

    /// <summary>Drops the offsets of a topic that is no more. Waits until that is on disk: they must not meet another topic of that name.</summary>
    public void TopicDeleted(string topic) => Task.WaitAll([.. _groups.Values.Select(group => group.RemoveTopicAsync(topic))]);

    /// <summary>Ends all waiting requests, and writes what has been handed in.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        await _cleanup.DisposeAsync();
        foreach (var group in _groups.Values)
            group.Dispose();
        await Task.Run(_writer.Dispose);
    }
}
