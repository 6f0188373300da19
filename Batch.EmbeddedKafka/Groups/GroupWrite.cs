namespace Batch.EmbeddedKafka.Groups;

/// <summary>Something to be made durable.</summary>
/// <param name="Record">Null: the file is deleted.</param>
/// <param name="Snapshot">All that the group's file should say without what has not been written yet.</param>
/// <param name="Done">Told what went wrong, or null; called on the writer's thread, in the order in which writes were handed in.</param>
internal sealed record GroupWrite(GroupFile File, GroupRecord? Record, Func<GroupRecord> Snapshot, Action<Exception?> Done)
{
    /// <summary>Partitions of which the log may have been freed further by this.</summary>
    public IReadOnlyList<GroupPartition> Advanced { get; init; } = [];
}
