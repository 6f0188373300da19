using System.Diagnostics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Resources;

namespace Batch.ServiceDefaults.Telemetry;

/// <summary>Traces, metrics and logs by OTLP, wherever <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says; nothing leaves the process without it.</summary>
public static class OtlpTelemetry
{
    public const string EndpointKey = "OTEL_EXPORTER_OTLP_ENDPOINT";

    internal static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        // ASP.NET Core puts method and path on its spans only when it is told to.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);
        DistributedContextPropagator.Current = DistributedContextPropagator.CreateW3CPropagator();

        if (string.IsNullOrWhiteSpace(builder.Configuration[EndpointKey]))
            return;

        var service = builder.Environment.ApplicationName;
        // First of the hosted services: it starts before what it should see, and stops after it.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(
            services => new HostTelemetry(services.GetRequiredService<IConfiguration>(), service)));
        builder.Services.AddSingleton<IStartupFilter, RequestSpan>();

        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
            logging.SetResourceBuilder(ResourceBuilder.CreateDefault().NameService(builder.Configuration, service));
            logging.AddOtlpExporter();
        });
    }

    /// <summary>Names the service as <c>OTEL_SERVICE_NAME</c> or <c>OTEL_RESOURCE_ATTRIBUTES</c> say, else after the application.</summary>
    internal static ResourceBuilder NameService(this ResourceBuilder resource, IConfiguration configuration, string fallback)
    {
        var attributes = (configuration["OTEL_RESOURCE_ATTRIBUTES"] ?? "")
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(pair => pair.Split('=', 2))
            .Where(pair => pair.Length == 2)
            .Select(pair => KeyValuePair.Create<string, object>(pair[0].Trim(), Uri.UnescapeDataString(pair[1].Trim())))
            .ToList();
        if (configuration["OTEL_SERVICE_NAME"] is { Length: > 0 } name)
            attributes.Add(new("service.name", name));
        else if (!attributes.Exists(attribute => attribute.Key == "service.name"))
            attributes.Add(new("service.name", fallback));
        // Replicas share a name; in a container the machine's name tells them apart.
        if (!attributes.Exists(attribute => attribute.Key == "service.instance.id"))
            attributes.Add(new("service.instance.id", $"{Environment.MachineName}-{Environment.ProcessId}"));
        return resource.AddAttributes(attributes);
    }
}
