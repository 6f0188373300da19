using System.Net.Mime;
using Batch.Api.Jobs;
using Batch.Api.Tenants;
using Batch.Client;
using Batch.Core.Chunks;
using Batch.Core.DeadLetters;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Reading;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Batch.Api.DeadLetters;

internal static class DeadLettersApi
{
    const int DefaultLimit = 100;
    const int MaxLimit = 1000;

    public static void MapDeadLetters(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/dead-letters").WithTags("Dead letters");
        group.MapGet("", ListDeadLetters).WithName("ListDeadLetters")
            .WithSummary("List the chunks that could not be processed, newest first")
            .WithDescription("Of all jobs of the tenant, or of one (job). In pages of 1 to 1,000 (limit, 100 by default); next is the cursor of the next page.")
            .Refuses(404);
        group.MapGet("/{letter}/rows", GetRows).WithName("GetDeadLetterRows")
            .WithSummary("Get the rows of the chunk, under the file's header line")
            .Produces<string>(200, "text/csv")
            .Refuses(404, 409);
        group.MapPost("/{letter}/retry", Retry).WithName("RetryDeadLetter")
            .WithSummary("Create a new job from the rows of the chunk")
            .WithDescription("Against the model's current version; rows keep their numbers, and those already in the tables are skipped. "
                + "However often it is requested, there is one such job: 202 when it is created, 200 from then on.")
            .Refuses(404, 409);
    }

    static async Task<Results<Ok<DeadLetterList>, ProblemHttpResult>> ListDeadLetters(
        Tenant tenant, JobReader jobs, DeadLetterStore letters, CancellationToken cancellationToken,
        int? limit = null, string? cursor = null, string? job = null)
    {
        if (limit is < 1 or > MaxLimit)
            throw RequestException.BadParameter("limit", $"{limit}", $"between 1 and {MaxLimit}");
        string? jobId = null;
        if (!string.IsNullOrEmpty(job))
        {
            if (await jobs.FindAsync(tenant.Id, job, cancellationToken) is not { } found)
                return Problems.JobNotFound(job);
            jobId = found.JobId;
        }
        return TypedResults.Ok(await letters.ListAsync(tenant.Id, jobId, cursor, limit ?? DefaultLimit, cancellationToken));
    }

    static async Task<Results<FileContentHttpResult, ProblemHttpResult>> GetRows(
        string letter, HttpContext context, Tenant tenant, JobReader jobs, DeadLetterStore letters, CancellationToken cancellationToken)
    {
        if (await FindAsync(letter, tenant, jobs, letters, cancellationToken) is not { } found)
            return NotFound(letter);
        var rows = await letters.RowsAsync(tenant.Id, found.Id, found.Header, cancellationToken);
        context.Response.Headers.ContentDisposition =
            new ContentDisposition { FileName = $"dead-letter-{found.Id.JobId}-{found.Id.Ordinal}.csv" }.ToString();
        return TypedResults.Bytes([.. found.Job.HeaderLine, (byte)'\n', .. rows], "text/csv; charset=utf-8");
    }

    static async Task<Results<Accepted<JobStatus>, Ok<JobStatus>, ProblemHttpResult>> Retry(
        string letter, Tenant tenant, JobReader jobs, DeadLetterStore letters, DeadLetterRetry retry, CancellationToken cancellationToken) =>
        await FindAsync(letter, tenant, jobs, letters, cancellationToken) is { } found
            ? JobsApi.Answer(await retry.RunAsync(found.Job, found.Id, found.Header, cancellationToken))
            : NotFound(letter);

    static async Task<(Job Job, DeadLetterId Id, ChunkHeader Header)?> FindAsync(
        string letter, Tenant tenant, JobReader jobs, DeadLetterStore letters, CancellationToken cancellationToken)
    {
        if (!DeadLetterId.TryParse(letter, out var id) || await jobs.FindAsync(tenant.Id, id.JobId, cancellationToken) is not { } job)
            return null;
        id = id with { JobId = job.JobId };
        return await letters.FindAsync(tenant.Id, id, cancellationToken) is { } header ? (job, id, header) : null;
    }

    static ProblemHttpResult NotFound(string letter) => Problems.Result(404, "DEAD_LETTER_NOT_FOUND",
        $"No dead letter of this tenant has the id '{letter}', which is job and chunk, like a5b6c7d8:17. List them with GET /dead-letters.");
}
