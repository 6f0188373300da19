using System.Diagnostics;
using Batch.Primitives;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Batch.Cli;

/// <summary>The first span of a job's trace: the upload of a file, as seen by the client.</summary>
/// <remarks>
/// Only where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says where to; the API carries the trace on to the last insert. <c>TRACEPARENT</c>, as a
/// pipeline that has a trace of its own sets it, makes the upload a part of that. Nothing after the upload is traced: the polls of --wait
/// would bury it.
/// </remarks>
internal sealed class UploadTrace : IDisposable
{
    const string SourceName = "Batch.Cli";
    const int FlushMilliseconds = 2000;

    static readonly ActivitySource Source = new(SourceName);

    readonly TracerProvider _provider;
    readonly ActivityContext _parent;

    UploadTrace(string service, ActivityContext parent)
    {
        _parent = parent;
        _provider = Sdk.CreateTracerProviderBuilder()
            .AddSource(SourceName, "System.Net.Http")
            // The machine's name for an instance: a new one with every call would make a new service of every call.
            .ConfigureResource(resource => resource.AddService(service, serviceVersion: ProductVersion.Text, serviceInstanceId: Environment.MachineName))
            .AddOtlpExporter()
            .Build();
    }

    /// <returns>Null where nobody wants to know.</returns>
    public static UploadTrace? Create(Terminal terminal)
    {
        if (string.IsNullOrWhiteSpace(terminal.Variable("OTEL_EXPORTER_OTLP_ENDPOINT")))
            return null;
        _ = ActivityContext.TryParse(terminal.Variable("TRACEPARENT"), null, isRemote: true, out var parent);
        return new UploadTrace(terminal.Variable("OTEL_SERVICE_NAME") is { Length: > 0 } name ? name : "cli", parent);
    }

    /// <summary>One file, until the API has accepted it.</summary>
    public Activity? Start(string file) => Source.StartActivity($"submit {file}", ActivityKind.Internal, _parent);

    public void Dispose()
    {
        _provider.Shutdown(FlushMilliseconds);
        _provider.Dispose();
    }
}
