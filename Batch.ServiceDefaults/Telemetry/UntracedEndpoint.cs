using System.Diagnostics;
using Microsoft.AspNetCore.Builder;

namespace Batch.ServiceDefaults.Telemetry;

/// <summary>Keeps an endpoint's requests, and the calls they make to dependencies, out of the traces.</summary>
static class UntracedEndpoint
{
    public static TBuilder WithoutTrace<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder
    {
        endpoint.Add(builder =>
        {
            var handle = builder.RequestDelegate!;
            builder.RequestDelegate = context =>
            {
                // The server has begun a span by now. Without the flag it is not exported, and neither are the children it will have.
                if (Activity.Current is { } span)
                {
                    span.IsAllDataRequested = false;
                    span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
                }

                return handle(context);
            };
        });
        return endpoint;
    }
}
