using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Batch.ServiceDefaults.Telemetry;

/// <summary>Names the server's span of a request after its route and says how it ended, which ASP.NET Core leaves to others.</summary>
/// <remarks>Outermost of the middleware, so that it sees the status that the exception handler has made of an exception.</remarks>
sealed class RequestSpan : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(async (context, following) =>
        {
            // Taken before: by the end, Activity.Current may be another one.
            var span = Activity.Current;
            try
            {
                await following(context);
            }
            catch (Exception exception)
            {
                Describe(span, context, StatusCodes.Status500InternalServerError, exception);
                throw;
            }

            var handled = context.Features.Get<IExceptionHandlerFeature>();
            Describe(span, context, context.Response.StatusCode, handled?.Error);
        });
        next(app);
    };

    static void Describe(Activity? span, HttpContext context, int status, Exception? exception)
    {
        if (span is not { IsAllDataRequested: true })
            return;

        var endpoint = context.GetEndpoint() ?? context.Features.Get<IExceptionHandlerFeature>()?.Endpoint;
        if ((endpoint as RouteEndpoint)?.RoutePattern.RawText is { } pattern)
        {
            // A group's root is "/jobs/" to the router and /jobs to everybody else.
            var route = pattern.Length > 1 ? pattern.TrimEnd('/') : pattern;
            span.DisplayName = $"{context.Request.Method} {route}";
            span.SetTag("http.route", route);
        }
        else
        {
            span.DisplayName = context.Request.Method;
        }

        span.SetTag("http.response.status_code", status);
        if (status < StatusCodes.Status500InternalServerError)
            return;
        // 4xx is the caller's mistake and no error of ours.
        span.SetStatus(ActivityStatusCode.Error, exception?.Message);
        span.SetTag("error.type", exception?.GetType().FullName ?? status.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (exception is not null)
            span.AddException(exception);
    }
}
