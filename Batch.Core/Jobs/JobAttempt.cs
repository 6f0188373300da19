namespace Batch.Core.Jobs;

/// <summary>One upload into a job. There is more than one only if a labelled load broke off and was resumed.</summary>
/// <param name="Number">Counts from 0.</param>
public readonly record struct JobAttempt(JobKey Key, int Number)
{
    /// <summary>As an event says it.</summary>
    internal int? Fact => Number == 0 ? null : Number;

    /// <summary>The first upload.</summary>
    public static implicit operator JobAttempt(JobKey key) => new(key, 0);
}
