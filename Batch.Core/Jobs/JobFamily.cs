namespace Batch.Core.Jobs;

/// <summary>The job of a file and all repairs of its rows. Row numbers are those of the root's file throughout.</summary>
/// <param name="Root">The job of the file.</param>
/// <param name="Repairs">The jobs whose source is the root or one of these, oldest first.</param>
public sealed record JobFamily(Job Root, IReadOnlyList<Job> Repairs)
{
    public IReadOnlyList<string> RepairIds => [.. Repairs.Select(job => job.JobId)];

    /// <summary>A repair that may still load rows; null if all of them are final.</summary>
    public Job? Running => Repairs.FirstOrDefault(job => !job.IsFinal);

    /// <summary>The newest repair of that label.</summary>
    public Job? Labelled(string label) => Repairs.LastOrDefault(job => job.Label == label);

    /// <summary>The job that the next repair will be: the same on every API, and creating it is first-wins.</summary>
    /// <remarks>
    /// This is why repairs of one family run one at a time, provided that nobody creates it before <see cref="Running"/> is null: a
    /// selection of rows made between reading the family and creating the job cannot be stale, because another repair would have had this id.
    /// </remarks>
    public JobKey Next
    {
        get
        {
            var taken = Repairs.Select(job => job.JobId).ToHashSet(StringComparer.Ordinal);
            for (var number = 1; ; number++)
            {
                var id = JobIds.OfRepair(Root.Key, number);
                if (!taken.Contains(id))
                    return new(Root.TenantId, id);
            }
        }
    }
}
