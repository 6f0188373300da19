namespace Batch.Tests;

/// <summary>Test classes that run one after the other, when those that run in parallel are done.</summary>
/// <remarks>
/// Classes of the unit tier run in parallel. Those that start processes, kill them or measure the whole process are in this collection or
/// in another one with DisableParallelization (<c>TierTests</c> checks it): two at once would measure each other.
/// </remarks>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class OneAtATime
{
    public const string Name = "one at a time";
}
