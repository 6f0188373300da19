namespace Batch.Core.Jobs.Audit;

/// <summary>Row numbers of a job, both ends included: what a chunk may have in the tables.</summary>
public readonly record struct RowRange(JobKey Job, long First, long Last);
