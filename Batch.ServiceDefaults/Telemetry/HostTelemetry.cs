using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Batch.ServiceDefaults.Telemetry;

/// <summary>Exports the process's spans and metrics, from before the host's first service starts until after its last one has stopped.</summary>
/// <remarks>Spans and instruments belong to a process, not to a host: one host of a process exports, or everything would be there twice.</remarks>
sealed class HostTelemetry(IConfiguration configuration, string serviceName) : IHostedLifecycleService, IDisposable
{
    // A collector that is down must not hold up the stop of a service for longer than this.
    const int FlushMilliseconds = 3000;

    TracerProvider? _tracer;
    MeterProvider? _meter;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _tracer = Sdk.CreateTracerProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(configuration))
            .ConfigureResource(resource => resource.NameService(configuration, serviceName))
            .SetSampler(TraceSampling.Create(configuration))
            .AddSource("Batch", "Batch.*", "Microsoft.AspNetCore", "System.Net.Http")
            .AddProcessor(new InnerRequests())
            .AddOtlpExporter()
            .Build();
        _meter = Sdk.CreateMeterProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(configuration))
            .ConfigureResource(resource => resource.NameService(configuration, serviceName))
            .AddMeter("Batch", "Batch.*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime")
            .AddOtlpExporter()
            .Build();
        return Task.CompletedTask;
    }

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Sends what is left, for a few seconds at most.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _tracer, null) is { } tracer)
        {
            tracer.Shutdown(FlushMilliseconds);
            tracer.Dispose();
        }
        if (Interlocked.Exchange(ref _meter, null) is { } meter)
        {
            meter.Shutdown(FlushMilliseconds);
            meter.Dispose();
        }
    }

    /// <summary>Keeps the HTTP request within a span of ours (a query, an insert) from the exporter, which takes only what is marked as recorded: it tells nothing more.</summary>
    sealed class InnerRequests : BaseProcessor<Activity>
    {
        public override void OnEnd(Activity span)
        {
            if (span.Source.Name == "System.Net.Http" && span.Parent is { Kind: ActivityKind.Client, Source.Name: "Batch" })
                span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
    }
}
