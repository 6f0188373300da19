using System.ComponentModel.DataAnnotations;

namespace Batch.EmbeddedKafka.Groups;

/// <summary>Settings of consumer groups. Named after Kafka's broker settings; the limits at the end are this broker's own.</summary>
public sealed class GroupOptions
{
    /// <summary>group.min.session.timeout.ms. Kafka's is 6 s, for networks; here a client is on the same machine.</summary>
    [Range(1, int.MaxValue)]
    public int MinSessionTimeoutMs { get; set; } = 100;

    /// <summary>group.max.session.timeout.ms, as Kafka's.</summary>
    [Range(1, int.MaxValue)]
    public int MaxSessionTimeoutMs { get; set; } = 1_800_000;

    /// <summary>group.initial.rebalance.delay.ms: how long an empty group waits for more members. Kafka's is 3 s, for fleets.</summary>
    [Range(0, 60_000)]
    public int InitialRebalanceDelayMs { get; set; } = 100;

    /// <summary>group.max.size: members of a group, those included that have an id and have not joined yet.</summary>
    [Range(1, 100_000)]
    public int MaxMembers { get; set; } = 1000;

    /// <summary>offset.metadata.max.bytes: length of the text that is committed with an offset.</summary>
    [Range(0, 1 << 20)]
    public int MaxOffsetMetadata { get; set; } = 4096;

    /// <summary>offsets.retention.minutes: how long offsets outlive the group's last member (or a simple consumer's last commit).</summary>
    [Range(1, int.MaxValue)]
    public int OffsetsRetentionMinutes { get; set; } = 7 * 24 * 60;

    /// <summary>offsets.retention.check.interval.ms.</summary>
    [Range(1000, int.MaxValue)]
    public int OffsetsRetentionCheckMs { get; set; } = 600_000;

    /// <summary>Groups at a time. Each keeps a file with some 50 KiB reserved.</summary>
    [Range(1, 100_000)]
    public int MaxGroups { get; set; } = 1000;

    /// <summary>Bytes of one member's protocols and names.</summary>
    [Range(1024, 64 << 20)]
    public int MaxMemberBytes { get; set; } = 1 << 20;

    /// <summary>Bytes of all members of a group together, and of the leader's assignment.</summary>
    [Range(1024, 512 << 20)]
    public int MaxGroupBytes { get; set; } = 16 << 20;
}
