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
