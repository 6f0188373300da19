namespace Batch.EmbeddedKafka.Groups;

/// <summary>What a group committed for a partition.</summary>
/// <param name="Offset">The next one it wants to read.</param>
/// <param name="LeaderEpoch">Of the last record it read; -1: not said.</param>
/// <param name="Metadata">Any text of the client's.</param>
/// <param name="At">When, in Unix milliseconds.</param>
internal readonly record struct CommittedOffset(long Offset, int LeaderEpoch, string Metadata, long At);
