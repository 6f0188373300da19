using Batch.Core.ClickHouse;

namespace Batch.Api.Hosting;

/// <summary>Lets a request through to its handler once ClickHouse has its tables, and while it answers.</summary>
internal sealed class StoreReadinessFilter(StoreReadiness readiness, ClickHouseClient clickHouse) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        await readiness.EnsureAsync(context.HttpContext.RequestAborted);
        clickHouse.EnsureAnswers();
        return await next(context);
    }
}
