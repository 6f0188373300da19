using Batch.Api.Tenants;
using Batch.Core.Chunks;
using Batch.Core.Csv;
using Batch.Core.Faults;
using Batch.Core.Jobs;
using Batch.Core.Models;
using Batch.Core.Telemetry;
using Batch.Core.Validation;

namespace Batch.Api.Jobs;

/// <summary>Makes a job out of a request with a file in it, and takes the file to the log.</summary>
/// <remarks>
/// The order is the point. What can be refused by the headers alone is refused before the body is asked for; what can be refused by
/// the head of the file is refused before there is a job; and the job is in ClickHouse before its first chunk is in the log, unless that
/// chunk is all there is: then the log has it first (<see cref="JobFeed.FeedWholeAsync"/>), but for a label, which must be taken before.
/// </remarks>
internal sealed class JobUploads(
    JobStore jobs, ModelStore models, JobFeed feed, LogCheck logCheck, LabelLocks labels, UploadTurns turns,
    ChunkBudget budget, ChunkerOptions chunker, UploadOptions options)
{
    /// <summary>A small file that takes longer to arrive has its job made before, so that it can be seen meanwhile.</summary>
    static readonly TimeSpan WholeFilePatience = TimeSpan.FromSeconds(1);

    /// <summary>The job, and whether it was made by this request; it was not where another had the same label before.</summary>
    public async Task<(Job Job, bool IsNew)> AcceptAsync(HttpContext context, Tenant tenant)
    {
        var request = context.Request;
        UploadBody.CheckType(request);
        var settings = UploadSettings.Of(request);
        if (settings.Label is not null && await LabelledAsync(tenant, settings, context.RequestAborted) is { } earlier)
            return (earlier, false);
        var model = settings.ModelId is null ? null : await ModelAsync(tenant, settings, context.RequestAborted);
        await logCheck.EnsureAsync(context.RequestAborted);
        using var turn = await turns.TakeAsync(context.RequestAborted);
        using var timer = UploadMetrics.Started();
        UploadBody.LiftLimits(context, options);
        try
        {
            var accepted = await AcceptBodyAsync(request, tenant, settings, model, context.RequestAborted);
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
        HttpRequest request, Tenant tenant, UploadSettings settings, ModelVersion? model, CancellationToken cancellationToken)
    {
        await using var body = await UploadBody.OpenAsync(request, settings, options, cancellationToken);
        var key = new JobKey(tenant.Id, settings.Label is { } label ? JobStore.JobIdFor(tenant.Id, label) : BatchId.New());
        using var hold = settings.Label is null ? null : await labels.TakeAsync(key.JobId, cancellationToken);
        if (hold is not null && await LabelledAsync(tenant, settings, cancellationToken) is { } earlier)
            return (earlier, false);
        model ??= await ModelAsync(tenant, settings, cancellationToken);

        var rules = model.Schema.Rules.With(settings.Quotes, settings.ShortRows);
        var dialect = new CsvDialect(settings.Delimiter, Quotes: rules.LiteralQuotes ? QuoteRule.Literal : QuoteRule.Strict);
        await using var file = await CsvUpload.OpenAsync(body.Csv, dialect, chunker, budget, cancellationToken);
        var isExport = ExportColumns.Lead(file.Header);
        var header = isExport ? ExportColumns.TakeOff(file.Header, dialect.Delimiter) : file.Header;
        dialect = dialect with { IsOneColumn = header.Names.Count == 1 };
        var verdict = HeaderCause.Map(header, dialect.Delimiter, model.Schema, settings.IgnoreExtraColumns ?? false);
        var fit = ExportColumns.Forgive(verdict);
        var order = new JobOrder
        {
            Job = new NewJob
            {
                Key = key,
                ModelId = model.ModelId,
                ModelName = model.Name,
                ModelVersion = model.Version,
                FileName = settings.FileName,
                Label = settings.Label,
                HeaderLine = header.RawLine,
                Delimiter = dialect.Delimiter,
                Rules = rules,
                MaxErrors = settings.MaxErrors,
                IgnoredColumns = fit.Ignored,
                Warnings = fit.Warnings,
            },
            Model = model,
            Header = fit,
            Dialect = dialect,
        };
        await using var rows = new UploadedRows(file, body);
        await using var exported = isExport ? new ExportedRows(file, body, dialect, chunker.ChunkBytes) : null;
        if (!isExport && settings.Label is null && order.HeaderFits && header.RawLine.Length <= JobOrder.LongestHeaderLine
            && await rows.WholeAsync(options.ExpressBytes, WholeFilePatience, cancellationToken) is { } whole)
            return (await feed.FeedWholeAsync(order, whole, file.BlankLines), true);
        try
        {
            // Not cancelled with the request: whether there is a job must not be a matter of luck.
            await jobs.CreateAsync(order.Job, CancellationToken.None);
        }
        catch (JobExistsException)
        {
            return (await LabelledAsync(tenant, settings, cancellationToken) ?? throw NoJob(key), false);
        }
        FaultPoint.Reached(FaultPoint.JobCreated);
        hold?.Dispose();
        await feed.FeedAsync(order, exported is null ? rows : exported, cancellationToken);
        return (await jobs.StatusAsync(tenant.Id, key.JobId, CancellationToken.None) ?? throw NoJob(key), true);
    }

    /// <summary>The job that an earlier request with the same label has made.</summary>
    async Task<Job?> LabelledAsync(Tenant tenant, UploadSettings settings, CancellationToken cancellationToken)
    {
        var job = await jobs.FindAsync(tenant.Id, JobStore.JobIdFor(tenant.Id, settings.Label!), cancellationToken);
        if (job is null || settings.ModelId is null || await models.FindAsync(tenant.Id, settings.ModelId, cancellationToken) is not { } model
            || model.ModelId == job.ModelId)
            return job;
        throw new RequestException(409, "LABEL_IN_USE",
            $"The label '{settings.Label}' belongs to job {job.JobId} of another model, '{job.ModelName}'. Take a new label for a new file.");
    }

    async Task<ModelVersion> ModelAsync(Tenant tenant, UploadSettings settings, CancellationToken cancellationToken)
    {
        if (settings.ModelId is not { Length: > 0 } id)
            throw new RequestException(400, "MODEL_ID_MISSING",
                "No model_id. Put it into the query (?model_id=…), or into the form before the file (curl -F 'model_id=…' -F 'file=@data.csv').");
        return await models.FindAsync(tenant.Id, id, cancellationToken) ?? throw RequestException.ModelNotFound(id);
    }

    static InvalidOperationException NoJob(JobKey key) => new($"Job {key.JobId} was created and is not there.");
}
