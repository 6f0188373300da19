namespace Batch.Api.Hosting;

/// <summary>Lets a request through to its handler once ClickHouse has its tables.</summary>
internal sealed class StoreReadinessFilter(StoreReadiness readiness) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        await readiness.EnsureAsync(context.HttpContext.RequestAborted);
        return await next(context);
    }
}
