using Batch.Api.Tenants;
using Batch.Core.Chunks;
using Batch.Core.Csv;
using Batch.Core.Jobs;
using Batch.Core.Models;
using Batch.Core.Rejected;
using Batch.Core.Validation;
using Microsoft.AspNetCore.Http.Features;

namespace Batch.Api.Jobs;

/// <summary>Makes a new job out of the rejected rows of another: as they are stored, or as a person has put them right.</summary>
internal sealed class Reprocessing(
    JobStore jobs, ModelStore models, RejectedStore rejected, JobUploads uploads, JobFeed feed, LogCheck logCheck,
    LabelLocks labels, ChunkerOptions chunker, IHostApplicationLifetime lifetime)
{
    /// <summary>The new job, and whether it was made by this request; it was not where another had the same label before.</summary>
    /// <exception cref="RequestException">409: there is nothing to reprocess, or not yet; the detail says which.</exception>
    public async Task<(Job Job, bool IsNew)> RunAsync(HttpContext context, Tenant tenant, Job source, RowChoice choice)
    {
        Check(source);
        // Looked for by its id: a new model of the same name is another model.
        var model = await models.FindAsync(tenant.Id, source.ModelId, context.RequestAborted) ?? throw new RequestException(409, "MODEL_DELETED",
            $"The model '{source.ModelName}' of job {source.JobId} has been deleted. Create it again and upload the rows: GET /jobs/{source.JobId}/rejected?format=csv.");
        if (context.Request.ContentLength == 0 || context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
            return await RunStoredAsync(context, tenant, source, model, choice);
        return choice.IsAll ? await uploads.AcceptAsync(context, tenant, source) : throw new RequestException(400, "CONFLICTING_PARAMETER",
            "'code', 'column' and 'set' are for the rows as they are stored; those in a body have been put right already. Leave out one or the other.");
    }

    async Task<(Job Job, bool IsNew)> RunStoredAsync(HttpContext context, Tenant tenant, Job source, ModelVersion model, RowChoice choice)
    {
        CheckColumns(model, choice);
        var settings = UploadSettings.Of(context.Request);
        await logCheck.EnsureAsync(context.RequestAborted);
        var key = new JobKey(tenant.Id, settings.Label is { } label ? JobStore.JobIdFor(tenant.Id, label) : BatchId.New());
        using var hold = settings.Label is null ? null : await labels.TakeAsync(key.JobId, context.RequestAborted);
        if (hold is not null && await jobs.FindAsync(tenant.Id, key.JobId, context.RequestAborted) is { } earlier)
            return (earlier, false);

        await CheckMatchesAsync(source, choice.Filter, context.RequestAborted);
        var rules = source.Rules.With(settings.Quotes, settings.ShortRows);
        var dialect = new CsvDialect(source.Delimiter, Quotes: rules.LiteralQuotes ? QuoteRule.Literal : QuoteRule.Strict);
        var edit = new RowEdit(CsvHeader.Parse(source.HeaderLine, dialect), dialect, choice.Set);
        // The source was accepted with these columns: one that is in no schema was ignored then, and is now.
        var fit = ColumnMapping.Map(edit.Header.Names, model.Schema, ignoreExtraColumns: settings.IgnoreExtraColumns ?? true);
        var order = new JobOrder
        {
            Job = new NewJob
            {
                Key = key,
                ModelId = model.ModelId,
                ModelName = model.Name,
                ModelVersion = model.Version,
                FileName = source.FileName,
                Label = settings.Label,
                SourceJobId = source.JobId,
                HeaderLine = edit.Header.RawLine,
                Delimiter = source.Delimiter,
                Rules = rules,
                MaxErrors = settings.MaxErrors,
                IgnoredColumns = fit.Ignored,
                Warnings = fit.Warnings,
            },
            Model = model,
            Header = fit,
            Dialect = edit.Dialect,
        };
        await jobs.CreateAsync(order.Job, CancellationToken.None);
        hold?.Dispose();
        // The rows are here already: a client that does not wait for the answer does not break this off, only the end of the API does.
        await feed.FeedAsync(order, new StoredRows(rejected, source, choice.Filter, edit, edit.Dialect, chunker.ChunkBytes), lifetime.ApplicationStopping);
        return (await jobs.FindAsync(tenant.Id, key.JobId, CancellationToken.None)
            ?? throw new InvalidOperationException($"Job {key.JobId} was created and is not there."), true);
    }

    static void Check(Job source)
    {
        if (!source.IsOver)
            throw new RequestException(409, "JOB_RUNNING",
                $"Job {source.JobId} is still {WireNames.Of(source.State)}; more rows of it may yet be rejected. Wait until it is over, or cancel it.");
        if (source.FailureCode == FailureCodes.HeaderFault)
            throw new RequestException(409, "HEADER_FAULT",
                $"No row of job {source.JobId} was looked at, because the file's header does not fit the model (GET /jobs/{source.JobId}/rejected). "
                + "Put the header right, or update the model, and upload the file again.");
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

    async Task CheckMatchesAsync(Job source, RejectedFilter filter, CancellationToken cancellationToken)
    {
        if (filter.IsNone)
            return;
        var kinds = await rejected.SummaryAsync(source, cancellationToken);
        if (kinds.All(kind => !filter.Matches(kind.Error, kind.Column)))
            throw new RequestException(409, "NOTHING_REJECTED", $"Job {source.JobId} has no rejected row with such an error, so there is nothing to reprocess; it has "
                + $"{string.Join(", ", kinds.Take(20).Select(kind => $"{kind.Error} in {kind.Column}"))}.");
    }
}
