using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Batch.ServiceDefaults.Telemetry;

/// <summary>The spans and metrics of this process, exported once however many hosts run in it.</summary>
/// <remarks>
/// Spans and instruments are process-wide: a provider per host would export each of them once per host. So hosts that export to the
/// same endpoint share one pair of providers; the first host starts it and names the service, the last one to leave flushes it.
/// </remarks>
sealed class ProcessTelemetry
{
    // A collector that is down must not hold up the stop of a service for longer than this.
    const int FlushMilliseconds = 3000;

    static readonly Dictionary<string, ProcessTelemetry> Running = new(StringComparer.OrdinalIgnoreCase);

    readonly TracerProvider _tracer;
    readonly MeterProvider _meter;
    int _members;

    ProcessTelemetry(IConfiguration configuration, string serviceName)
    {
        _tracer = Sdk.CreateTracerProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(configuration))
            .ConfigureResource(resource => resource.NameService(configuration, serviceName))
            .SetSampler(TraceSampling.Create(configuration))
            .AddSource("Batch", "Batch.*", "Microsoft.AspNetCore", "System.Net.Http")
            .AddOtlpExporter()
            .Build();
        _meter = Sdk.CreateMeterProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(configuration))
            .ConfigureResource(resource => resource.NameService(configuration, serviceName))
            .AddMeter("Batch", "Batch.*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime")
            .AddOtlpExporter()
            .Build();
    }

    public static IDisposable Join(IConfiguration configuration, string serviceName)
    {
        var endpoint = configuration[OtlpTelemetry.EndpointKey]!;
        lock (Running)
        {
            if (!Running.TryGetValue(endpoint, out var telemetry))
                Running[endpoint] = telemetry = new ProcessTelemetry(configuration, serviceName);
            telemetry._members++;
            return new Membership(endpoint);
        }
    }

    static void Leave(string endpoint)
    {
        ProcessTelemetry telemetry;
        lock (Running)
        {
            telemetry = Running[endpoint];
            if (--telemetry._members > 0)
                return;
            Running.Remove(endpoint);
        }

        telemetry._tracer.Shutdown(FlushMilliseconds);
        telemetry._meter.Shutdown(FlushMilliseconds);
        telemetry._tracer.Dispose();
        telemetry._meter.Dispose();
    }

    sealed class Membership(string endpoint) : IDisposable
    {
        int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
                Leave(endpoint);
        }
    }
}
