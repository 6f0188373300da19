using System.Text.Json;
using Batch.Client;
using Microsoft.AspNetCore.Http.Json;

namespace Batch.Api.Hosting;

/// <summary>What the API is as an HTTP server: address, limits, JSON, problems.</summary>
internal static class ServerSetup
{
    public const string DefaultUrl = "http://localhost:8000";

    /// <summary>
    /// Of a body that is read into memory, which is a model with its schema: twice what 2,000 columns with long names and descriptions need.
    /// A file goes by a route that lifts this limit for itself.
    /// </summary>
    public const int MaxBodyBytes = 2 << 20;

    /// <summary>Listens on <see cref="DefaultUrl"/> where the configuration names no address.</summary>
    public static void UseDefaultUrl(this WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        if (string.IsNullOrEmpty(configuration["urls"]) && string.IsNullOrEmpty(configuration["http_ports"])
            && string.IsNullOrEmpty(configuration["https_ports"]) && !configuration.GetSection("Kestrel:Endpoints").Exists())
            builder.WebHost.UseUrls(DefaultUrl);
    }

    public static void AddApiServer(this WebApplicationBuilder builder)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
        });

        builder.Services.AddSingleton<IProblemDetailsWriter, ProblemWriter>();
        builder.Services.AddProblemDetails();
        builder.Services.AddExceptionHandler<FaultHandler>();
        builder.Services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        builder.Services.Configure<JsonOptions>(options =>
        {
            var json = options.SerializerOptions;
            json.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            json.Converters.Add(new MillisecondTimestampConverter());
            json.TypeInfoResolverChain.Insert(0, BatchJson.Default);
        });
    }
}
