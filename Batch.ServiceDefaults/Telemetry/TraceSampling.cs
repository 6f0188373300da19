using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using OpenTelemetry.Trace;

namespace Batch.ServiceDefaults.Telemetry;

/// <summary>Which traces are kept: all of them, or the share that <c>OTEL_TRACES_SAMPLER_ARG</c> names, and never the noise.</summary>
/// <remarks>
/// A caller's "not sampled" flag is not obeyed: an HTTP client without telemetry of its own sends it, and would switch ours off.
/// Within the process the parent decides, so a trace is kept whole or not at all.
/// </remarks>
sealed class TraceSampling(Sampler root) : Sampler
{
    public static Sampler Create(IConfiguration configuration)
    {
        Sampler root = configuration["OTEL_TRACES_SAMPLER"] switch
        {
            "always_off" or "parentbased_always_off" => new AlwaysOffSampler(),
            "traceidratio" or "parentbased_traceidratio" => new TraceIdRatioBasedSampler(Ratio(configuration["OTEL_TRACES_SAMPLER_ARG"])),
            _ => new AlwaysOnSampler(),
        };
        return new ParentBasedSampler(
            new TraceSampling(root), remoteParentSampled: new AlwaysOnSampler(), remoteParentNotSampled: root,
            localParentSampled: new AlwaysOnSampler(), localParentNotSampled: new AlwaysOffSampler());
    }

    // A call to a dependency that no request and no chunk asked for is a poll. Polls begin no traces.
    public override SamplingResult ShouldSample(in SamplingParameters parameters) =>
        parameters.Kind == ActivityKind.Client ? new SamplingResult(SamplingDecision.Drop) : root.ShouldSample(parameters);

    static double Ratio(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var ratio) && ratio is >= 0 and <= 1 ? ratio : 1;
}
