using Batch.Client;
using Microsoft.AspNetCore.Diagnostics;

namespace Batch.Api;

/// <summary>Writes problems whatever the caller's <c>Accept</c> says: a client that asked for CSV still has to learn why it got none.</summary>
internal sealed class ProblemWriter : IProblemDetailsWriter
{
    public bool CanWrite(ProblemDetailsContext context) => true;

    public async ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var problem = context.ProblemDetails;
        Problems.Complete(problem, context.HttpContext);
        await context.HttpContext.Response.WriteAsJsonAsync(problem, options: null, Problems.ContentType, context.HttpContext.RequestAborted);
    }
}

/// <summary>Turns what was thrown into a problem, and logs it at the level it deserves.</summary>
internal sealed class FaultHandler(IProblemDetailsService problems, ILogger<FaultHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.Response.HasStarted)
            return false;
        if (httpContext.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be told; 499 is for the request's own span and metrics.
            httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }
        var (problem, unexpected) = Problems.Of(exception);
        if (unexpected)
            logger.RequestFailed(httpContext.Request.Method, httpContext.Request.Path, exception);
        else if (problem.Status >= 500)
            logger.RequestRefused(httpContext.Request.Method, httpContext.Request.Path, problem.Status.Value, problem.Detail ?? "");

        httpContext.Response.StatusCode = problem.Status!.Value;
        if (problem.Status == StatusCodes.Status401Unauthorized)
            httpContext.Response.Headers.WWWAuthenticate = "Bearer";
        if (problem.Status == StatusCodes.Status503ServiceUnavailable)
            httpContext.Response.Headers.RetryAfter = "5";
        return await problems.TryWriteAsync(new() { HttpContext = httpContext, ProblemDetails = problem, Exception = exception });
    }
}

internal static class ProblemSetup
{
    public static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
    }

    /// <summary>Says in the API's document with which problems a route may answer.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
            route.Produces<ApiProblem>(status, Problems.ContentType);
        return route;
    }

    /// <summary>Says in the API's document that any route may answer with these.</summary>
    public static RouteGroupBuilder WithProblems(this RouteGroupBuilder routes) => routes
        .WithMetadata(
            new ProducesResponseTypeMetadata(400, typeof(ApiProblem), [Problems.ContentType]),
            new ProducesResponseTypeMetadata(401, typeof(ApiProblem), [Problems.ContentType]),
            new ProducesResponseTypeMetadata(403, typeof(ApiProblem), [Problems.ContentType]),
            new ProducesResponseTypeMetadata(503, typeof(ApiProblem), [Problems.ContentType]));
}
