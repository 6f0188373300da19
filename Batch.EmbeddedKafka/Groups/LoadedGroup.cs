namespace Batch.EmbeddedKafka.Groups;

/// <summary>What a group's file says after all its lines.</summary>
internal sealed class LoadedGroup(string id)
{
    public string Id => id;
    public GroupMembership? Membership { get; private set; }
    public Dictionary<GroupPartition, CommittedOffset> Offsets { get; } = [];

    public void Apply(GroupRecord record)
    {
        if (record.Group is not null)
        {
            Membership = null;
            Offsets.Clear();
        }
        Membership = record.Membership ?? Membership;
        foreach (var offset in record.Offsets ?? [])
            Offsets[offset.Key] = offset.Value;
        foreach (var partition in record.Removed ?? [])
            Offsets.Remove(partition);
    }

    public void ForgetMembers() => Membership = null;

    public GroupRecord ToRecord() => new()
    {
        Group = Id,
        Membership = Membership,
        Offsets = [.. Offsets.Select(offset => OffsetRecord.Of(offset.Key, offset.Value))],
    };
}
