using Batch.Client;
using Batch.Core.ClickHouse;
using Batch.Core.Models;

namespace Batch.Core.Jobs.Audit;

/// <summary>Verifies one job, and its file across all of its repairs, against the tables.</summary>
/// <remarks>
/// What it proves for a final job: no row number is loaded twice, none is both loaded and rejected, and there are as many of each as the job counts. For a
/// file's own job: the numbers are 1 to its total, except for as many as were abandoned. For a repair: its source rejected
/// them, or abandoned them if a dead letter was retried.
/// </remarks>
internal sealed class JobVerification(Job job, JobFamily family, RowSets sets, bool tableIsGone)
{
    readonly List<string> _breaches = [];

    public async Task<VerifyReport> RunAsync(CancellationToken cancellationToken)
    {
        var figures = await sets.OfJobAsync(job.Key, job.SourceJobId, family.Root.Total, cancellationToken);
        await CompareAsync(figures, cancellationToken);
        var lineage = family.Repairs.Count == 0 ? null : await LineageAsync(cancellationToken);
        return new()
        {
            JobId = job.JobId,
            State = job.State,
            Total = job.Total,
            Success = job.Success,
            Errors = job.Errors,
            Abandoned = job.Abandoned,
            RowsInTable = figures.Rows,
            DistinctRowsInTable = figures.Loaded,
            RejectedRowsInTable = figures.Rejected,
            Final = job.IsFinal,
            NotFinal = NotFinal(),
            Consistent = _breaches.Count == 0,
            Breaches = _breaches,
            Lineage = lineage,
        };
    }

    async Task CompareAsync(RowSetFigures figures, CancellationToken cancellationToken)
    {
        // A header fault rejects rows without validating them one by one.
        var errors = job.Facts.HeaderFault ? 0 : job.Errors;
        if (tableIsGone && job.Success > 0)
            _breaches.Add($"The table {ModelVersion.TableOf(job.ModelId)} is gone, with {job.Success} rows.");
        if (figures.Rows != figures.Loaded)
            _breaches.Add(
                $"{figures.Rows - figures.Loaded} rows are in the table twice: {Rows(await sets.DoubledAsync([job.JobId], family.Root.Total, cancellationToken))}.");
        if (figures.Both > 0)
            _breaches.Add($"{figures.Both} rows are both loaded and rejected: {Rows(figures.BothRows)}.");
        if (!tableIsGone && (job.IsFinal ? figures.Loaded != job.Success : figures.Loaded < job.Success))
            _breaches.Add($"{job.Success} rows were loaded, but {figures.Loaded} are in the table.");
        if (job.IsFinal ? figures.Rejected != errors : figures.Rejected < errors)
            _breaches.Add($"{errors} rows were rejected, but {figures.Rejected} are in {ClickHouseTables.RejectedRows}.");
        if (figures.Beyond > 0 && job.IsFinal && IsWhole(family.Root))
            _breaches.Add($"{figures.Beyond} rows have numbers that the file does not have: it ends with row {family.Root.Total}.");
        var missing = job.Total - job.Abandoned - (figures.Known - figures.Beyond);
        if (missing > 0 && job.SourceJobId is null && IsWhole(job) && !tableIsGone)
            _breaches.Add($"{missing} rows are neither loaded nor rejected"
                + (job.Abandoned > 0 ? "." : $": {Rows(await sets.MissingAsync(job.Key, job.Total, cancellationToken))}."));
        if (job.IsFinal && Source is { } source && figures.Foreign > source.Abandoned)
            _breaches.Add($"{figures.Foreign} rows were not rejected by the job it repairs, {job.SourceJobId}.");
        if (job.IsOver && job.Success + job.Errors + job.Abandoned != job.Total)
            _breaches.Add($"{job.Success} loaded + {job.Errors} rejected + {job.Abandoned} abandoned is not {job.Total}.");
        if (job.IsFinal && job.ReceiptsAreWhole && job.Breach is { } breach)
            _breaches.Add(breach);
    }

    async Task<VerifyLineage> LineageAsync(CancellationToken cancellationToken)
    {
        List<Job> jobs = [family.Root, .. family.Repairs];
        var again = jobs.Where(one => one.Again).Select(one => one.JobId).ToList();
        var figures = await sets.OfFamilyAsync([.. jobs.Select(one => one.JobId)], again, family.Root.Total, cancellationToken);
        var twice = figures.OnceRows - figures.OnceLoaded;
        if (twice > 0)
            _breaches.Add($"{twice} rows of the file of job {family.Root.JobId} are in the table twice, across it and its repairs: "
                + $"{Rows(await sets.DoubledAsync([.. jobs.Where(one => !one.Again).Select(one => one.JobId)], family.Root.Total, cancellationToken))}.");
        return new()
        {
            RootJobId = family.Root.JobId,
            RepairJobIds = family.RepairIds,
            Final = jobs.TrueForAll(one => one.IsFinal),
            Total = family.Root.Total,
            Loaded = figures.Loaded,
            NotLoaded = Math.Max(0, family.Root.Total - figures.Loaded),
            LoadedTwice = twice,
            LoadedAgain = figures.Rows - figures.Loaded - twice,
        };
    }

    /// <summary>The row numbers of a file are 1 to its total; of an interrupted upload, chunks in between may be missing.</summary>
    static bool IsWhole(Job root) =>
        root.SourceJobId is null && root.IsFinal && root.UploadEnded && root.Facts.UploadFailureCode is null && !root.Facts.HeaderFault;

    Job? Source => family.Root.JobId == job.SourceJobId ? family.Root : family.Repairs.FirstOrDefault(repair => repair.JobId == job.SourceJobId);

    string? NotFinal() => job.IsFinal ? null
        : !job.IsOver
            ? $"The job is not over yet: {job.Success + job.Errors} of {job.Total} rows{(job.UploadEnded ? "" : " so far")} are loaded or rejected. Verify it again when it is."
        : "The job is over, but some of its chunks may still be in progress. Verify it again in a minute.";

    static string Rows(IReadOnlyList<long> numbers) => numbers.Count == 1 ? $"row {numbers[0]}" : $"rows {string.Join(", ", numbers)}";
}
