using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Batch.ServiceDefaults;

/// <summary>A listener of an application that answers the default endpoints and nothing else of it.</summary>
/// <remarks>Told by the connection, not by the number of the port: that is not known before the start where any free one is taken.</remarks>
public static class ProbeListener
{
    /// <summary>Only <c>/health</c>, <c>/alive</c> and <c>/metrics</c> are answered here; <see cref="UseProbeListener"/> sees to it.</summary>
    public static void ProbesOnly(this ListenOptions listener) => listener.Use(next => connection =>
    {
        connection.Features.Set(Mark.Instance);
        return next(connection);
    });

    /// <summary>First of the application's own middleware.</summary>
    public static void UseProbeListener(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (context.Features.Get<Mark>() is null || context.GetEndpoint()?.Metadata.GetMetadata<Probe>() is not null)
            return next(context);
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    });

    /// <summary>Metadata of the default endpoints.</summary>
    internal sealed class Probe;

    sealed class Mark
    {
        public static readonly Mark Instance = new();
    }
}
