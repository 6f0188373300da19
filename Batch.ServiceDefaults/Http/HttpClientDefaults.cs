// The parts of the resilience library that look at the request are marked as experimental; its standard handler rests on them.
#pragma warning disable EXTEXP0001

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly;

namespace Batch.ServiceDefaults.Http;

/// <summary>What every client of <see cref="IHttpClientFactory"/> has: services found by their names, and the standard resilience handler.</summary>
static class HttpClientDefaults
{
    public static void AddHttpClientDefaults(this IServiceCollection services)
    {
        services.AddServiceDiscovery();
        // Resilience outside, discovery inside: a retry resolves again, and so may reach another instance.
        // By authority: a sick dependency does not open the circuit of a healthy one.
        services.ConfigureHttpClientDefaults(client =>
        {
            client.AddStandardResilienceHandler(RetryOnlyWhatIsSafe).SelectPipelineByAuthority();
            client.AddServiceDiscovery();
        });
    }

    /// <summary>
    /// GET, HEAD and OPTIONS are retried and timed out. The others are their caller's to repeat and to bound: an upload takes as long as
    /// its file is large.
    /// </summary>
    static void RetryOnlyWhatIsSafe(HttpStandardResilienceOptions options)
    {
        options.Retry.DisableForUnsafeHttpMethods();
        BoundOnlyWhatIsSafe(options.AttemptTimeout);
        BoundOnlyWhatIsSafe(options.TotalRequestTimeout);
    }

    static void BoundOnlyWhatIsSafe(HttpTimeoutStrategyOptions limit) => limit.TimeoutGenerator = args =>
        ValueTask.FromResult(IsSafe(args.Context.GetRequestMessage()?.Method) ? limit.Timeout : Timeout.InfiniteTimeSpan);

    static bool IsSafe(HttpMethod? method) => method == HttpMethod.Get || method == HttpMethod.Head || method == HttpMethod.Options;
}
