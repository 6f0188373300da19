using Batch.Api.Uploads;
using Batch.Core.Faults;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Writing;
using Batch.Core.Models;
using Batch.Core.Rejected;
using Batch.Core.Telemetry;
using Batch.Csv;
using Batch.Csv.Cutting;
using Batch.Csv.Export;
using Batch.Csv.Schema;
using Batch.Primitives;

namespace Batch.Api.Repairs;

/// <summary>Takes the file of <c>reprocess</c>: rows that were exported and that a person has fixed.</summary>
/// <remarks>
/// The file is read up to its first chunk before there is a job, so what is wrong with a small file makes none. Its rows are held against what is
/// repaired when it begins; that no other repair comes in between is what creating the job proves (<see cref="JobFamily.Next"/>).
/// </remarks>
internal sealed class FixedFileUploads(
    JobWriter writer, RejectedStore rejected, UploadPipeline pipeline, LogReadiness logReadiness, UploadConcurrencyLimiter concurrency,
    RepairTurns turns, RepairColumns columns,
    ByteBudget budget, ChunkerOptions chunker, UploadOptions options)
{
    /// <summary>The job, and whether it was made by this request; it was not where a repair of the same label was there before.</summary>
    /// <exception cref="RequestException">409: another repair is running, or all rows of the file are repaired.</exception>
    /// <exception cref="CsvFileException">NOT_AN_EXPORT, INVALID_ROW_NUMBER, and what else may be wrong with a file.</exception>
    public async Task<(Job Job, bool IsNew)> AcceptAsync(HttpContext context, Job source, ModelVersion model, bool again)
    {
        UploadBody.CheckType(context.Request);
        var settings = UploadSettings.Of(context.Request);
        settings.Set("model_id", source.ModelId);
        // Before the body is asked for: what can be refused now need not be sent.
        if ((await turns.TakeAsync(source, settings.Label, context.RequestAborted)).Earlier is { } earlier)
            return (earlier, false);
        await logReadiness.EnsureAsync(context.RequestAborted);
        using var permit = await concurrency.TakeAsync(context.RequestAborted);
        using var timer = UploadMetrics.Started();
        try
        {
            var accepted = await AcceptBodyAsync(context.Request, settings, source, model, again, context.RequestAborted);
            timer.Accepted();
            return accepted;
        }
        catch (Exception fault) when (fault is not (OperationCanceledException or UploadFailedException { InnerException: OperationCanceledException }))
        {
            timer.Refused((string)Problems.Of(fault).Problem.Extensions["code"]!);
            throw;
        }
    }

    async Task<(Job Job, bool IsNew)> AcceptBodyAsync(
        HttpRequest request, UploadSettings settings, Job source, ModelVersion model, bool again, CancellationToken cancellationToken)
    {
        await using var body = await UploadBody.OpenAsync(request, settings, options, cancellationToken);
        var rules = source.Rules.With(settings.Quotes, settings.ShortRows);
        // An export is UTF-8 with a header line, whatever the file was: its rows alone are as they were.
        var special = DialectOptions.Of(settings.Dialect, source.Dialect)?.WithoutHead();
        var dialect = rules.Dialect(special);
        await using var file = await CsvUpload.OpenAsync(body.Csv, dialect, chunker, budget, cancellationToken);
        if (!ExportColumns.Lead(file.Header))
            throw new CsvFileException("NOT_AN_EXPORT", $"A file for reprocessing begins with the columns {ExportColumns.Row} and {ExportColumns.Errors}: "
                + $"take it from GET /jobs/{source.JobId}/rejected?format=csv and fix its rows. Send any other file to POST /jobs.");
        var header = ExportColumns.TakeOff(file.Header, dialect);
        dialect = dialect with { IsOneColumn = header.Names.Count == 1 };
        var mapping = ExportColumns.Forgive(await columns.MapAsync(header, source, model, settings.IgnoreExtraColumns, cancellationToken));

        // Again, as a form may name the label before its file, and as the head may have been long in coming.
        var (family, earlier) = await turns.TakeAsync(source, settings.Label, cancellationToken);
        if (earlier is not null)
            return (earlier, false);
        var selection = new RowSelection(source, new RejectedFilter(), family.RepairIds);
        var check = new RepairCheck(selection, new RejectedNumbers(rejected, selection), again);
        await using var rows = new ExportedRows(file, body, dialect, chunker.ChunkBytes, check);
        var job = NewJob.Of(family.Next, model, header, mapping, dialect, rules, special?.OfJob()) with
        {
            FileName = settings.FileName,
            Label = settings.Label,
            SourceJobId = source.JobId,
            AlreadyRepaired = 0,
            Again = again,
            MaxErrors = settings.MaxErrors,
        };
        var plan = new UploadPlan(job, model, mapping, dialect);
        if (plan.HeaderFits)
            await rows.BeginAsync(cancellationToken);
        if (check.AllAreRepaired)
            throw await Reprocessing.AlreadyRepairedAsync(rejected, selection, check.Repaired, cancellationToken);
        try
        {
            // Not cancelled with the request: whether the job exists must not depend on timing.
            await writer.CreateAsync(plan.Job, CancellationToken.None);
        }
        catch (JobExistsException)
        {
            throw RepairTurns.WasTaken(plan.Key);
        }
        FaultPoint.Reached(FaultPoint.JobCreated);
        return (await pipeline.RunAsync(plan, rows, cancellationToken), true);
    }
}
