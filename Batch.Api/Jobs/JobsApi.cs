using Batch.Api.Repairs;
using Batch.Api.Tenants;
using Batch.Api.Uploads;
using Batch.Client;
using Batch.Core.Ids;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Audit;
using Batch.Core.Jobs.Reading;
using Batch.Core.Jobs.Writing;
using Batch.Core.Models;
using Batch.Core.Rejected;
using Batch.Csv.Export;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Batch.Api.Jobs;

internal static class JobsApi
{
    const int DefaultLimit = 100;
    const int MaxLimit = 1000;

    public static void MapJobs(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/jobs").WithTags("Jobs");
        group.MapGet("", ListJobs).WithName("ListJobs")
            .WithSummary("List the jobs of the tenant, newest first")
            .WithDescription("In pages of 1 to 1,000 (limit, 100 by default); next is the cursor of the next page, null on the last.");
        group.MapPost("", CreateJob).WithName("CreateJob")
            .WithSummary("Create a job by uploading a CSV file")
            .WithDescription("As a form with model_id before file, or as the raw body with ?model_id=…, either optionally gzip. "
                + "Answered with 202 once every row is durably in the log. With a label (or the header Idempotency-Key) a file is loaded once, however often it is sent: 200 if it is loaded or in progress; a load that broke off is resumed.")
            .TakesFile()
            .Refuses(404, 409, 415, 507);
        // curl -T asks so; what it means is the same.
        group.MapPut("", CreateJob).TakesFile().ExcludeFromDescription();
        group.MapGet("/{job}", GetJob).WithName("GetJob")
            .WithSummary("Get the status of a job")
            .WithDescription("By its id, or a unique prefix of it (4 or more digits).")
            .Refuses(404);
        group.MapDelete("/{job}", CancelJob).WithName("CancelJob")
            .WithSummary("Cancel a job")
            .WithDescription("Takes effect within a second; loaded rows stay and are counted. 409 if the job is over.")
            .Refuses(404, 409);
        group.MapPost("/{job}/reprocess", Reprocess).WithName("ReprocessJob")
            .WithSummary("Create a new job from the rejected rows of this one")
            .WithDescription("Without a body: the stored rows, against the model's current version. "
                + "code and column select those with such an error; set=column=value sets a value in each of them. "
                + "With a CSV body: rows exported from …/rejected?format=csv and fixed. Either way rows keep their numbers. "
                + "A row is repaired once: rows already loaded are skipped (already_repaired counts them), and refused in a body; again=true loads them once more. "
                + "Nothing rejected, nothing left or another repair of the file running: 409.")
            .TakesFile()
            .Refuses(404, 409);
        group.MapGet("/{job}/verify", VerifyJob).WithName("VerifyJob")
            .WithSummary("Verify a job's counts against the tables")
            .Refuses(404);
    }

    static async Task<Ok<JobList>> ListJobs(
        Tenant tenant, JobReader jobs, ModelStore models, CancellationToken cancellationToken,
        int? limit = null, string? cursor = null, string? state = null, string? model = null)
    {
        if (limit is < 1 or > MaxLimit)
            throw RequestException.BadParameter("limit", $"{limit}", $"between 1 and {MaxLimit}");
        JobState? wanted = string.IsNullOrEmpty(state) ? null
            : WireNames.TryState(state, out var known) ? known
            : throw RequestException.BadParameter("state", state, $"one of {WireNames.AllStates}");
        var modelId = string.IsNullOrEmpty(model) ? null
            : (await models.FindAsync(tenant.Id, model, cancellationToken))?.ModelId
            // A deleted model is not found any more, but its jobs are, by its whole id.
            ?? (BatchId.TryNormalize(model, out var id) && id.Length == BatchId.Length ? id : throw RequestException.ModelNotFound(model));
        var page = await jobs.ListAsync(tenant.Id, new JobFilter
        {
            Limit = limit ?? DefaultLimit, Cursor = string.IsNullOrEmpty(cursor) ? null : cursor, State = wanted, ModelId = modelId,
        }, cancellationToken);
        return TypedResults.Ok(new JobList([.. page.Jobs.Select(ToWire)], page.Next));
    }

    static async Task<Results<Accepted<JobStatus>, Ok<JobStatus>, ProblemHttpResult>> CreateJob(
        HttpContext context, Tenant tenant, JobUploads uploads) =>
        Answer(await uploads.AcceptAsync(context, tenant));

    static async Task<Results<Ok<JobStatus>, ProblemHttpResult>> GetJob(
        string job, Tenant tenant, JobReader jobs, RejectedStore rejected, CancellationToken cancellationToken) =>
        await jobs.StatusAsync(tenant.Id, job, cancellationToken) is { } found
            ? TypedResults.Ok(ToWire(found) with { Repaired = await RepairedAsync(found, jobs, rejected, cancellationToken) })
            : Problems.JobNotFound(job);

    /// <summary>
    /// How many of its rejected rows are repaired; null where the question does not arise. Only a
    /// job that was run again costs more than one small query.
    /// </summary>
    static async Task<long?> RepairedAsync(Job job, JobReader jobs, RejectedStore rejected, CancellationToken cancellationToken)
    {
        if (!job.IsOver || job.Errors == 0 || job.FailureCode == FailureCodes.HeaderFault)
            return null;
        if (job.SourceJobId is null && !await jobs.HasRepairsAsync(job.Key, cancellationToken))
            return 0;
        var family = await jobs.FamilyAsync(job, cancellationToken);
        return await rejected.CountRepairedAsync(new(job, new RejectedFilter(), family.RepairIds), cancellationToken);
    }

    static async Task<Results<Ok<CancelJobResponse>, ProblemHttpResult>> CancelJob(
        string job, Tenant tenant, JobReader jobs, JobWriter writer, CancellationToken cancellationToken)
    {
        if (await jobs.FindAsync(tenant.Id, job, cancellationToken) is not { } found)
            return Problems.JobNotFound(job);
        return await writer.CancelAsync(found, cancellationToken)
            ? TypedResults.Ok(new CancelJobResponse("cancelled"))
            : Problems.JobOver(await jobs.FindAsync(tenant.Id, found.JobId, cancellationToken) ?? found);
    }

    static async Task<Results<Accepted<JobStatus>, Ok<JobStatus>, ProblemHttpResult>> Reprocess(
        string job, HttpContext context, Tenant tenant, JobReader jobs, Reprocessing reprocessing,
        [FromQuery] string? code = null, [FromQuery] string? column = null, [FromQuery] string[]? set = null, [FromQuery] bool again = false)
    {
        var choice = RowChoice.Of(code, column, set);
        if (await jobs.FindAsync(tenant.Id, job, context.RequestAborted) is not { } found)
            return Problems.JobNotFound(job);
        return Answer(await reprocessing.RunAsync(context, found, choice, again));
    }

    static async Task<Results<Ok<VerifyReport>, ProblemHttpResult>> VerifyJob(
        string job, Tenant tenant, JobReader jobs, RowAudit audit, CancellationToken cancellationToken) =>
        await jobs.FindAsync(tenant.Id, job, cancellationToken) is { } found
            ? TypedResults.Ok(await audit.VerifyAsync(found, cancellationToken))
            : Problems.JobNotFound(job);

    internal static Results<Accepted<JobStatus>, Ok<JobStatus>, ProblemHttpResult> Answer((Job Job, bool IsNew) outcome) => outcome.IsNew
        ? TypedResults.Accepted($"/jobs/{outcome.Job.JobId}", ToWire(outcome.Job))
        : TypedResults.Ok(ToWire(outcome.Job));

    static JobStatus ToWire(Job job) => job.ToStatus(job.ReadAt);
}
