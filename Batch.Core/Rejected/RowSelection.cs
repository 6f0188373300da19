using Batch.Core.Jobs;
using Batch.Csv.Export;

namespace Batch.Core.Rejected;

/// <summary>Rejected rows of a job, to run them again.</summary>
/// <param name="Job">The job that rejected them.</param>
/// <param name="Filter">Only rows that have such an error.</param>
/// <param name="RepairIds">
/// The jobs that run rows of the same file again. A row is repaired when it stands in the model's table under one of them; nothing else says so. None: no
/// row counts as repaired. The file's own job is not among them: a row that it loaded it did not reject, and its rows may be many.
/// </param>
public sealed record RowSelection(Job Job, RejectedFilter Filter, IReadOnlyList<string> RepairIds);
