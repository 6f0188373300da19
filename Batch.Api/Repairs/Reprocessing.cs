using Batch.Api.Uploads;
using Batch.Core.Faults;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Writing;
using Batch.Core.Models;
using Batch.Core.Rejected;
using Batch.Csv;
using Batch.Csv.Cutting;
using Microsoft.AspNetCore.Http.Features;

namespace Batch.Api.Repairs;

/// <summary>Makes a new job out of the rejected rows of another: as they are stored, or as a person has put them right.</summary>
/// <remarks>A row is repaired once: one that stands in the table under a job of the same file is left out, unless the caller insists.</remarks>
internal sealed class Reprocessing(
    JobWriter writer, ModelStore models, RejectedStore rejected, FixedFileUploads uploads, UploadPipeline pipeline, LogReadiness logReadiness,
    RepairTurns turns, RepairColumns columns, ChunkerOptions chunker, IHostApplicationLifetime lifetime)
{
    /// <summary>The new job, and whether it was made by this request; it was not where another had the same label before.</summary>
    /// <exception cref="RequestException">409: there is nothing to reprocess, or not yet; the detail says which.</exception>
    public async Task<(Job Job, bool IsNew)> RunAsync(HttpContext context, Job source, RowChoice choice, bool again)
    {
        Check(source);
        // Looked for by its id: a new model of the same name is another model.
        var model = await models.FindAsync(source.TenantId, source.ModelId, context.RequestAborted) ?? throw new RequestException(409, "MODEL_DELETED",
            $"The model '{source.ModelName}' of job {source.JobId} has been deleted. Create it again and upload the rows: GET /jobs/{source.JobId}/rejected?format=csv.");
        if (context.Request.ContentLength == 0 || context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
            return await RunStoredAsync(context, source, model, choice, again);
        return choice.IsAll ? await uploads.AcceptAsync(context, source, model, again) : throw new RequestException(400, "CONFLICTING_PARAMETER",
            "'code', 'column' and 'set' are for the stored rows; those in a body are fixed already. Leave out one or the other.");
    }

    async Task<(Job Job, bool IsNew)> RunStoredAsync(HttpContext context, Job source, ModelVersion model, RowChoice choice, bool again)
    {
        CheckColumns(model, choice);
        var settings = UploadSettings.Of(context.Request);
        await logReadiness.EnsureAsync(context.RequestAborted);
        var rules = source.Rules.With(settings.Quotes, settings.ShortRows);
        var special = source.Dialect?.WithoutHead();
        var dialect = rules.Dialect(source.Delimiter, special);
        var edit = new RowEdit(CsvHeader.Parse(source.HeaderLine, dialect), dialect, choice.Set);
        var mapping = await columns.MapAsync(edit.Header, source, model, settings.IgnoreExtraColumns, context.RequestAborted);
        while (true)
        {
            var (family, earlier) = await turns.TakeAsync(source, settings.Label, context.RequestAborted);
            if (earlier is not null)
                return (earlier, false);
            var selection = new RowSelection(source, choice.Filter, again ? [] : family.RepairIds);
            var rows = await CountAsync(selection, context.RequestAborted);
            var job = NewJob.Of(family.Next, model, edit.Header, mapping, edit.Dialect, rules, special?.OfJob()) with
            {
                FileName = source.FileName,
                Label = settings.Label,
                SourceJobId = source.JobId,
                AlreadyRepaired = rows.Repaired,
                Again = again,
                MaxErrors = settings.MaxErrors,
            };
            var plan = new UploadPlan(job, model, mapping, edit.Dialect);
            try
            {
                await writer.CreateAsync(plan.Job, CancellationToken.None);
            }
            catch (JobExistsException)
            {
                continue; // another request has this turn
            }
            FaultPoint.Reached(FaultPoint.JobCreated);
            // The rows are here already: a client that does not wait for the answer does not break this off, only the end of the API does.
            return (await pipeline.RunAsync(
                plan, new StoredRows(rejected, selection, edit, edit.Dialect, chunker.ChunkBytes), lifetime.ApplicationStopping), true);
        }
    }

    /// <exception cref="RequestException">409: the selection has no rows, or all of them are repaired.</exception>
    async Task<SelectedRows> CountAsync(RowSelection selection, CancellationToken cancellationToken)
    {
        var rows = await rejected.CountAsync(selection, cancellationToken);
        if (rows.Left > 0)
            return rows;
        if (rows.Repaired > 0)
            throw await AlreadyRepairedAsync(rejected, selection, rows.Repaired, cancellationToken);
        var kinds = await rejected.SummaryAsync(selection.Job, cancellationToken);
        throw new RequestException(409, "NOTHING_REJECTED",
            $"Job {selection.Job.JobId} has no rejected row with such an error, so there is nothing to reprocess; it has "
            + $"{string.Join(", ", kinds.Take(20).Select(kind => $"{kind.Error} in {kind.Column}"))}.");
    }

    /// <summary>Says which jobs have repaired the rows that were asked for.</summary>
    public static async Task<RequestException> AlreadyRepairedAsync(
        RejectedStore rejected, RowSelection selection, long rows, CancellationToken cancellationToken)
    {
        const int Named = 5;
        var by = await rejected.RepairersAsync(selection, Named + 1, cancellationToken);
        return new(409, "ALREADY_REPAIRED",
            $"{(rows == 1 ? "The row is" : $"All {rows} rows are")} repaired already, by job "
            + $"{string.Join(", ", by.Take(Named))}{(by.Count > Named ? " and others" : "")}. "
            + "There is nothing left to load; again=true (--again) loads them once more anyway.");
    }

    static void Check(Job source)
    {
        if (!source.IsOver)
            throw new RequestException(409, "JOB_RUNNING",
                $"Job {source.JobId} is still {WireNames.Of(source.State)}; more of its rows may still be rejected. Wait until it is over, or cancel it.");
        if (source.FailureCode == FailureCodes.HeaderFault)
            throw new RequestException(409, "HEADER_FAULT",
                $"No row of job {source.JobId} was processed, because the file's header does not fit the model (GET /jobs/{source.JobId}/rejected). "
                + "Fix the header, or update the model, and upload the file again.");
        if (source.Errors == 0)
            throw new RequestException(409, "NOTHING_REJECTED", $"Job {source.JobId} has no rejected rows, so there is nothing to reprocess.");
    }

    // A column that the model does not have would be ignored, as those of the file are, and nobody would notice the misspelling.
    static void CheckColumns(ModelVersion model, RowChoice choice)
    {
        foreach (var name in choice.Set.Keys)
        {
            if (model.Schema.Columns.All(column => column.Name != name))
                throw new RequestException(400, "UNKNOWN_COLUMN",
                    $"The model '{model.Name}' has no column '{name}' to set; it has {string.Join(", ", model.Schema.Columns.Take(50).Select(column => column.Name))}.");
        }
    }
}
