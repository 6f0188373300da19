using Microsoft.AspNetCore.Diagnostics;

namespace Batch.Api;

/// <summary>Turns what was thrown into a problem, and logs it at the level it deserves.</summary>
internal sealed class FaultHandler(IProblemDetailsService problems, ILogger<FaultHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.Response.HasStarted)
            return false;
        var (problem, unexpected) = Problems.Of(exception);
        if (unexpected)
            logger.RequestFailed(httpContext.Request.Method, httpContext.Request.Path, exception);
        else if (problem.Status >= 500 && !httpContext.RequestAborted.IsCancellationRequested)
            logger.RequestRefused(httpContext.Request.Method, httpContext.Request.Path, problem.Status.Value, problem.Detail ?? "");

        if (httpContext.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be told; 499 is for the request's own span and metrics.
            httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        httpContext.Response.StatusCode = problem.Status!.Value;
        if (problem.Status == StatusCodes.Status401Unauthorized)
            httpContext.Response.Headers.WWWAuthenticate = "Bearer";
        if (problem.Status == StatusCodes.Status503ServiceUnavailable)
            httpContext.Response.Headers.RetryAfter = "5";
        return await problems.TryWriteAsync(new() { HttpContext = httpContext, ProblemDetails = problem, Exception = exception });
    }
}
