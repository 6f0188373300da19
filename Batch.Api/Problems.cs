using System.Diagnostics;
using System.Globalization;
using Batch.Api.Uploads;
using Batch.Core.Chunks;
using Batch.Core.ClickHouse;
using Batch.Core.Ids;
using Batch.Core.Jobs;
using Batch.Core.Log;
using Batch.Core.Models;
using Batch.Csv;
using Batch.Csv.Schema;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;

namespace Batch.Api;

/// <summary>Every answer that is not a success: <c>application/problem+json</c> that always has error, code, detail and trace_id.</summary>
/// <remarks>
/// <code>{"type":"…","title":"Not Found","status":404,"detail":"No job has the id 'abc'.","error":"not found","code":"JOB_NOT_FOUND","trace_id":"…"}</code>
/// Handlers return what they know to be wrong; faults are thrown and told apart in <see cref="Of(Exception)"/>, here and nowhere else.
/// </remarks>
internal static class Problems
{
    public const string ContentType = "application/problem+json";

    public static ProblemHttpResult ModelNotFound(string model) => TypedResults.Problem(Of(RequestException.ModelNotFound(model)).Problem);

    public static ProblemHttpResult JobNotFound(string job) => Result(404, "JOB_NOT_FOUND",
        $"No job of this tenant has the id '{job}'. List them with GET /jobs.");

    public static ProblemHttpResult JobOver(Job job) => Result(409, "JOB_OVER",
        $"Job {job.JobId} is over already ({WireNames.Of(job.State)}); there is nothing left to cancel.");

    public static ProblemHttpResult Result(int status, string code, string detail) => TypedResults.Problem(New(status, code, detail));

    public static ProblemDetails New(int status, string code, string detail) => new()
    {
        Status = status,
        Title = ReasonPhrases.GetReasonPhrase(status),
        Detail = detail,
        Extensions = { ["error"] = Phrase(status), ["code"] = code },
    };

    /// <summary>What a fault is to the caller. The second value says whether it is a fault of ours, to be logged as an error.</summary>
    public static (ProblemDetails Problem, bool Unexpected) Of(Exception fault)
    {
        switch (fault)
        {
            case UploadFailedException failed:
                var (problem, unexpected) = Of(failed.InnerException!);
                problem.Extensions["job_id"] = failed.JobId;
                return (problem, unexpected);
            case RequestException request:
                return (New(request.Status, request.Code, request.Message), false);
            case UploadInterruptedException interrupted:
                return (New(interrupted.Status, "UPLOAD_INTERRUPTED", interrupted.Message), false);
            case CsvFileException file:
                return (New(400, file.Code, file.Message), false);
            case SchemaException schema:
                return (New(schema.Code == "INCOMPATIBLE_SCHEMA" ? 409 : 400, schema.Code, schema.Message), false);
            case AmbiguousIdException ambiguous:
                return (New(400, "AMBIGUOUS_ID", ambiguous.Message), false);
            case InvalidCursorException cursor:
                return (New(400, "INVALID_CURSOR", cursor.Message), false);
            case ChunkFormatException damaged:
                return (New(409, "DEAD_LETTER_DAMAGED", $"{damaged.Message} Upload those rows of the file again."), false);
            case ModelConflictException conflict:
                return (New(409, "MODEL_CONFLICT", conflict.Message), false);
            case LogFullException full:
                return (New(507, "LOG_FULL", $"The log has no space for more chunks. Try again when there is. {full.Message}"), false);
            case LogUnavailableException log:
                return (New(503, "LOG_UNAVAILABLE", $"The log cannot be reached. Try again later. {log.Message}"), false);
            case ClickHouseException { ErrorCode: ClickHouseErrors.NotEnoughSpace } full:
                return (New(507, "CLICKHOUSE_FULL", $"ClickHouse has no space for this. Try again when there is. {full.Message}"), false);
            case ClickHouseException { IsTransient: true } clickHouse:
                return (New(503, "CLICKHOUSE_UNAVAILABLE", $"ClickHouse is not available. Try again later. {clickHouse.Message}"), false);
            case BadHttpRequestException bad:
                return (New(bad.StatusCode, DefaultCode(bad.StatusCode), bad.Message), false);
            case OperationCanceledException:
                return (New(503, "INTERRUPTED", "The API is stopping and aborted this request. Try again."), false);
            default:
                return (New(500, "INTERNAL_ERROR", "Something went wrong in the API. Its log has details under this trace_id."), true);
        }
    }

    /// <summary>Fills what a problem made elsewhere (an unknown route, a wrong method) lacks.</summary>
    public static void Complete(ProblemDetails problem, HttpContext context)
    {
        var status = problem.Status ?? context.Response.StatusCode;
        problem.Extensions.TryAdd("error", Phrase(status));
        problem.Extensions.TryAdd("code", DefaultCode(status));
        problem.Title ??= ReasonPhrases.GetReasonPhrase(status);
        problem.Detail ??= status switch
        {
            404 => $"There is no route {context.Request.Method} {context.Request.Path}. /openapi/v1.json lists all routes.",
            405 => $"{context.Request.Path} does not allow {context.Request.Method}. It allows {context.Response.Headers.Allow}.",
            _ => problem.Title,
        };
        problem.Extensions.Remove("traceId");
        problem.Extensions["trace_id"] = Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier;
    }

    static string Phrase(int status) => ReasonPhrases.GetReasonPhrase(status).ToLower(CultureInfo.InvariantCulture);

    /// <summary>What the server itself refuses; a closed list, so that every code can be looked up.</summary>
    static string DefaultCode(int status) => status switch
    {
        404 => "ROUTE_NOT_FOUND",
        405 => "METHOD_NOT_ALLOWED",
        408 => "REQUEST_TIMEOUT",
        413 => "BODY_TOO_LARGE",
        415 => "UNSUPPORTED_MEDIA_TYPE",
        >= 500 => "INTERNAL_ERROR",
        _ => "BAD_REQUEST",
    };
}
