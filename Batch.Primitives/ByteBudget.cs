namespace Batch.Primitives;

/// <summary>Memory that many users share: a permit is a byte.</summary>
public sealed class ByteBudget(long bytes) : FairSemaphore(bytes);
