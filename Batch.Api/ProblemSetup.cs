using Batch.Client;

namespace Batch.Api;

/// <summary>Puts problems into the pipeline and into the API's document.</summary>
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
