namespace Batch.EmbeddedKafka.Groups;

/// <summary>States of a classic group, in Kafka's words, which are also those of DescribeGroups.</summary>
internal enum GroupState
{
    /// <summary>No members. Committed offsets may be there.</summary>
    Empty,

    /// <summary>Members are asked, by their heartbeats, to join again.</summary>
    PreparingRebalance,

    /// <summary>All have joined; the leader works out the assignment.</summary>
    CompletingRebalance,

    /// <summary>Every member has its assignment.</summary>
    Stable,

    /// <summary>Deleted. Whoever still holds the object asks for the group again.</summary>
    Dead,
}
