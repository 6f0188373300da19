using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Batch.ServiceDefaults.Telemetry;

/// <summary>The spans and metrics that one host exports under its name; in most processes, all there are.</summary>
/// <remarks>
/// Spans and static instruments belong to a process, and several hosts may share it (standalone: API and workers). Exported by each of them,
/// everything would be there twice. So among the hosts that export to one endpoint: spans of a request go out under the name of the
/// host that took it, instruments of a host's own meter factory (ASP.NET Core's) under that host's, all the rest under the name of the
/// host that started first. The HTTP request within a span of ours (a query, an insert) goes out under nobody's: it tells nothing more.
/// </remarks>
sealed class HostTelemetry : IDisposable
{
    // A collector that is down must not hold up the stop of a service for longer than this.
    const int FlushMilliseconds = 3000;
    const string OwnerKey = "batch.host";

    static readonly Lock Gate = new();
    static volatile HostTelemetry[] _hosts = [];

    readonly IConfiguration _configuration;
    readonly string _serviceName;
    readonly IMeterFactory _meters;
    readonly string _endpoint;
    TracerProvider? _tracer;
    MeterProvider? _meter;

    public HostTelemetry(IConfiguration configuration, string serviceName, IMeterFactory meters)
    {
        (_configuration, _serviceName, _meters, _endpoint) = (configuration, serviceName, meters, configuration[OtlpTelemetry.EndpointKey]!);
        // Known from now on: the host's instruments are made before it starts, and another host is asked whether they are its.
        lock (Gate)
            _hosts = [.. _hosts, this];
    }

    /// <summary>Starts to export, before the host's first service starts.</summary>
    public void Start()
    {
        _tracer = Sdk.CreateTracerProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(_configuration))
            .ConfigureResource(resource => resource.NameService(_configuration, _serviceName))
            .SetSampler(TraceSampling.Create(_configuration))
            .AddSource("Batch", "Batch.*", "Microsoft.AspNetCore", "System.Net.Http")
            .AddProcessor(new ForeignSpans(this, hide: true))
            .AddOtlpExporter()
            .AddProcessor(new ForeignSpans(this, hide: false))
            .Build();
        _meter = Sdk.CreateMeterProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(_configuration))
            .ConfigureResource(resource => resource.NameService(_configuration, _serviceName))
            .AddMeter("Batch", "Batch.*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime")
            .AddView(instrument => Exports(Array.Find(_hosts, host => host._meters == instrument.Meter.Scope)) ? null : MetricStreamConfiguration.Drop)
            .AddOtlpExporter()
            .Build();
    }

    /// <summary>Claims a request's span, and with it all that is done for the request in this process.</summary>
    public void Owns(Activity span) => span.SetCustomProperty(OwnerKey, this);

    /// <summary>Sends what is left, for a few seconds at most. After the host's last service has stopped.</summary>
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
        // Last: until then this host answers for what is nobody else's.
        lock (Gate)
            _hosts = [.. _hosts.Where(host => host != this)];
    }

    static HostTelemetry? OwnerOf(Activity span)
    {
        while (span.Parent is { } parent)
            span = parent;
        return span.GetCustomProperty(OwnerKey) as HostTelemetry;
    }

    bool Exports(HostTelemetry? owner)
    {
        if (owner == this)
            return true;
        var hosts = _hosts;
        // The owner exports it, where it sends to the same endpoint as we do.
        return !hosts.Any(host => host == owner && host._endpoint == _endpoint) && hosts.FirstOrDefault(host => host._endpoint == _endpoint) == this;
    }

    /// <summary>Keeps other hosts' spans from the exporter between two of these: it takes only what is marked as recorded.</summary>
    /// <remarks>A span's end is told to one provider after the other on one thread, and no child is begun any more.</remarks>
    sealed class ForeignSpans(HostTelemetry host, bool hide) : BaseProcessor<Activity>
    {
        const string HiddenKey = "batch.hidden";

        static bool IsWithinOurs(Activity span) =>
            span.Source.Name == "System.Net.Http" && span.Parent is { Kind: ActivityKind.Client, Source.Name: "Batch" };

        public override void OnEnd(Activity span)
        {
            if (hide && span.Recorded && (IsWithinOurs(span) || !host.Exports(OwnerOf(span))))
            {
                span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
                span.SetCustomProperty(HiddenKey, this);
            }
            else if (!hide && span.GetCustomProperty(HiddenKey) is not null)
            {
                span.ActivityTraceFlags |= ActivityTraceFlags.Recorded;
                span.SetCustomProperty(HiddenKey, null);
            }
        }
    }
}
