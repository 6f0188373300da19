using Batch.Api.Repairs;
using Batch.Api.Tenants;
using Batch.Core.Faults;
using Batch.Core.Ids;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Reading;
using Batch.Core.Jobs.Writing;
using Batch.Core.Models;
using Batch.Core.Telemetry;
using Batch.Csv.Cutting;
using Batch.Csv.Detection;
using Batch.Csv.Export;
using Batch.Csv.Validation;
using Batch.Primitives;

namespace Batch.Api.Uploads;

/// <summary>Creates a job from a request with a file, and publishes the file to the log.</summary>
/// <remarks>
/// The order matters. What can be refused by the HTTP headers is refused before the body is read; what can be refused by
/// the beginning of the file is refused before there is a job; and a job is recorded before its first chunk is appended. Exception: an
/// unlabelled upload of one small chunk is appended first, and its record creates the job (<see cref="UploadPlan.IsMadeByItsRecord"/>).
/// </remarks>
internal sealed class JobUploads(
    JobReader jobs, JobWriter writer, ModelStore models, UploadPipeline pipeline, LogReadiness logReadiness, LabelledLoads loads, Resuming resuming,
    LabelLocks labels, UploadConcurrencyLimiter concurrency, ByteBudget budget, ChunkerOptions chunker, UploadOptions options, TimeProvider time)
{
    /// <summary>If a small file takes longer to arrive, its job is created first, so that it is visible meanwhile.</summary>
    static readonly TimeSpan WholeFileTimeout = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The job, and whether this request loads rows into it. It does not if its label belongs to a load that is finished or running. A load that
    /// broke off is resumed.
    /// </summary>
    public async Task<(Job Job, bool IsNew)> AcceptAsync(HttpContext context, Tenant tenant)
    {
        var request = context.Request;
        UploadBody.CheckType(request);
        var settings = UploadSettings.Of(request);
        if (settings.Label is not null && await loads.FindAsync(tenant, settings, context.RequestAborted) is { Step: LoadStep.Answer, Job: { } earlier })
            return (earlier, false);
        var model = settings.ModelId is null ? null : await ModelAsync(tenant, settings, context.RequestAborted);
        await logReadiness.EnsureAsync(context.RequestAborted);
        using var permit = await concurrency.TakeAsync(context.RequestAborted);
        using var timer = UploadMetrics.Started();
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
        if (settings.Label is null)
            return (await RunAsync(body, body.Csv, digest: null, new(LoadStep.Begin, BatchId.New(), null), hold: null,
                tenant, settings, model, cancellationToken), true);

        await using var digest = new FileDigest(body.Csv);
        using var hold = await labels.TakeAsync(JobIds.OfLabel(tenant.Id, settings.Label), cancellationToken);
        var load = await loads.FindAsync(tenant, settings, cancellationToken);
        if (load.Step == LoadStep.Compare)
        {
            hold.Dispose();
            await CompareAsync(body, digest, load.Job!, cancellationToken);
        }
        if (load.Step is LoadStep.Compare or LoadStep.Answer)
            return (load.Job!, false);
        try
        {
            return (await RunAsync(body, digest, digest, load, hold, tenant, settings, model, cancellationToken), true);
        }
        catch (JobExistsException)
        {
            // Another API was faster; this request has not touched the job.
            return (await jobs.StatusAsync(tenant.Id, load.JobId, cancellationToken) ?? throw NoJob(new(tenant.Id, load.JobId)), false);
        }
    }

    /// <summary>Reads a file that was sent again to its end: the answer is the job only if it is the same file.</summary>
    static async Task CompareAsync(UploadBody body, FileDigest file, Job job, CancellationToken cancellationToken)
    {
        await file.ReadToEndAsync(cancellationToken);
        await body.FinishAsync(cancellationToken);
        if (file.Hex != job.Digest)
            throw LabelProblems.ContentDiffers(job, "it has other bytes");
    }

    /// <param name="file">The CSV in the body.</param>
    /// <param name="digest">The same, if its digest is computed.</param>
    /// <param name="hold">The lock on the label; released as soon as others can see the job.</param>
    async Task<Job> RunAsync(
        UploadBody body, Stream file, FileDigest? digest, LabelledLoad load, IDisposable? hold,
        Tenant tenant, UploadSettings settings, ModelVersion? model, CancellationToken cancellationToken)
    {
        var earlier = load.Job;
        var key = new JobKey(tenant.Id, load.JobId);
        var cut = earlier is null ? chunker : Resuming.CutAs(earlier, chunker);
        model = earlier is null
            ? model ?? await ModelAsync(tenant, settings, cancellationToken)
            : await resuming.ModelAsync(earlier, settings, cancellationToken);

        var rules = earlier?.Rules ?? model.Schema.Rules.With(settings.Quotes, settings.ShortRows);
        var ignoreExtraColumns = earlier?.IgnoreExtraColumns ?? settings.IgnoreExtraColumns ?? false;
        // The rows of an attempt before must be read as they were then.
        var told = earlier is null ? new ToldDialect(settings.Dialect, model.Schema.Dialect, settings.Detects) : new(earlier.Dialect, null, Detects: false);
        var upload = await DetectedUpload.OpenAsync(file, model.Schema, rules, told, ignoreExtraColumns, cut, budget, cancellationToken);
        await using var csv = upload.Csv;
        var (header, mapping, dialect) = (csv.Header, upload.Mapping, csv.Dialect);
        if (upload.IsExport)
        {
            header = ExportColumns.TakeOff(header, dialect);
            dialect = dialect with { IsOneColumn = header.Names.Count == 1 };
            mapping = ExportColumns.Forgive(HeaderCause.Map(header, dialect, model.Schema, ignoreExtraColumns));
        }
        var job = NewJob.Of(key, model, header, mapping, dialect, rules, upload.Dialect?.OfJob()) with
        {
            FileName = settings.FileName,
            Label = settings.Label,
            MaxErrors = settings.MaxErrors,
            ChunkBytes = settings.Label is null ? null : cut.ChunkBytes,
            MaxChunkRows = settings.Label is null ? null : cut.MaxChunkRows,
            IgnoreExtraColumns = ignoreExtraColumns,
        };
        var plan = new UploadPlan(job, model, mapping, dialect) { Digest = digest };
        await using var rows = new UploadedRows(csv, body, time);
        await using var exported = upload.IsExport ? new ExportedRows(csv, body, dialect, cut.ChunkBytes) : null;
        if (!upload.IsExport && plan.MayBeMadeByItsRecord && await rows.IsOneChunkAsync(options.ExpressBytes, WholeFileTimeout, cancellationToken))
            plan = plan with { Job = plan.Job with { BlankLines = csv.BlankLines }, IsMadeByItsRecord = true };
        else
        {
            // Not cancelled with the request: whether the job exists must not depend on timing.
            if (earlier is null)
                await writer.CreateAsync(plan.Job, CancellationToken.None);
            else
                plan = await resuming.OpenAsync(earlier, plan, CancellationToken.None);
            FaultPoint.Reached(FaultPoint.JobCreated);
            hold?.Dispose();
        }
        return await pipeline.RunAsync(plan, exported is null ? rows : exported, cancellationToken);
    }

    async Task<ModelVersion> ModelAsync(Tenant tenant, UploadSettings settings, CancellationToken cancellationToken)
    {
        if (settings.ModelId is not { Length: > 0 } id)
            throw new RequestException(400, "MODEL_ID_MISSING",
                "No model_id. Put it into the query (?model_id=…), or into the form before the file (curl -F 'model_id=…' -F 'file=@data.csv').");
        return await models.FindAsync(tenant.Id, id, cancellationToken) ?? throw RequestException.ModelNotFound(id);
    }

    static InvalidOperationException NoJob(JobKey key) => new($"Job {key.JobId} was created but cannot be found.");
}
