using System.Net.Mime;
using Batch.Api.Tenants;
using Batch.Client;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Reading;
using Batch.Core.Rejected;
using Batch.Csv.Export;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Batch.Api.RejectedRows;

internal static class RejectedRowsApi
{
    const int DefaultLimit = 1000;
    const int MaxLimit = 10_000;

    public static void MapRejectedRows(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/jobs/{job}/rejected").WithTags("Rejected rows");
        group.MapGet("", GetRejected).WithName("GetRejectedRows")
            .WithSummary("Get the rejected rows of a job, with the reasons")
            .WithDescription("As JSON in pages of 1 to 10,000 errors (limit, 1,000 by default), of one code or column if given. "
                + "format=ndjson: all of them, one error per line. format=csv: the rows with such an error, as they were, after two columns, _row and _errors; "
                + "once fixed, the file can be sent to POST /jobs/{job}/reprocess as it is.")
            .Produces<RejectedPage>()
            .Produces<string>(200, "text/csv")
            .Produces<string>(200, "application/x-ndjson")
            .Refuses(404, 409);
        group.MapGet("/summary", GetSummary).WithName("GetRejectedSummary")
            .WithSummary("Count the errors of a job by column and code, most first")
            .Refuses(404);
    }

    static async Task<IResult> GetRejected(
        string job, HttpContext context, Tenant tenant, JobReader jobs, RejectedStore rejected, CancellationToken cancellationToken,
        string? format = null, int? limit = null, string? cursor = null, string? code = null, string? column = null)
    {
        if (limit is < 1 or > MaxLimit)
            throw RequestException.BadParameter("limit", $"{limit}", $"between 1 and {MaxLimit}");
        if (await jobs.FindAsync(tenant.Id, job, cancellationToken) is not { } found)
            return Problems.JobNotFound(job);
        var filter = new RejectedFilter(Given(code), Given(column));
        switch (format)
        {
            case null or "" or "json":
                return TypedResults.Ok(await rejected.PageAsync(found, new RejectedQuery
                {
                    Limit = limit ?? DefaultLimit, Cursor = Given(cursor), Code = filter.Code, Column = filter.Column,
                }, cancellationToken));
            case "ndjson":
                // Opened before the answer begins: what fails until then is still an answer of its own.
                var lines = await rejected.ExportNdjsonAsync(found, filter, cancellationToken);
                Name(context, found, "ndjson");
                return TypedResults.Stream(lines, "application/x-ndjson");
            case "csv":
                if (found.FailureCode == FailureCodes.HeaderFault)
                    return Problems.Result(409, "HEADER_FAULT", $"No row of job {found.JobId} was processed, because the file's header does not fit the model, "
                        + "so there are no rows to export. This route's JSON lists the errors; fix the header and upload the file again.");
                var export = await RejectedCsv.OpenAsync(found, rejected, filter, cancellationToken);
                Name(context, found, "csv");
                return TypedResults.Stream(body => export.WriteToAsync(body, cancellationToken), "text/csv; charset=utf-8");
            default:
                throw RequestException.BadParameter("format", format, "one of json, ndjson, csv");
        }
    }

    static async Task<Results<Ok<IReadOnlyList<RejectedSummary>>, ProblemHttpResult>> GetSummary(
        string job, Tenant tenant, JobReader jobs, RejectedStore rejected, CancellationToken cancellationToken) =>
        await jobs.FindAsync(tenant.Id, job, cancellationToken) is { } found
            ? TypedResults.Ok(await rejected.SummaryAsync(found, cancellationToken))
            : Problems.JobNotFound(job);

    static void Name(HttpContext context, Job job, string extension) =>
        context.Response.Headers.ContentDisposition = new ContentDisposition { FileName = $"rejected-{job.JobId}.{extension}" }.ToString();

    static string? Given(string? value) => string.IsNullOrEmpty(value) ? null : value;
}
