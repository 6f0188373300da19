using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly;

namespace Batch.Client.Hosting;

/// <summary>The typed client in a host that finds the API by its name, as a process of the app host does.</summary>
public static class BatchClientServices
{
    /// <summary>The API under the name that the app host gives it; https where it has that.</summary>
    public static readonly Uri DefaultAddress = new("https+http://api");

    /// <summary>As many tries fit into the client's time-out.</summary>
    const int Tries = 3;

    /// <summary>Registers <see cref="BatchClient"/>, over <c>IHttpClientFactory</c>.</summary>
    /// <remarks>
    /// The name in the address is looked up as <c>services:NAME:SCHEME:n</c> in the configuration; an address that is none is used as it is.
    /// Only requests that change nothing (GET) are retried. Uploads, exports and other long requests have no timeout.
    /// </remarks>
    /// <param name="options">Null: no tenant and no key, at <see cref="DefaultAddress"/>.</param>
    public static IHttpClientBuilder AddBatchClient(this IServiceCollection services, BatchClientOptions? options = null)
    {
        options ??= new BatchClientOptions { Address = DefaultAddress };
        services.AddServiceDiscovery();
        var client = services.AddHttpClient(nameof(BatchClient))
            .ConfigurePrimaryHttpMessageHandler(() => new BatchHandler())
            .AddTypedClient(http => new BatchClient(http, options));
        // The host's defaults for all of its clients would cut an upload off after some seconds.
#pragma warning disable EXTEXP0001 // the only way to take the defaults off
        client.RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
        client.AddStandardResilienceHandler(resilience => Configure(resilience, options.Timeout));
        // Inside of the retries: another try may reach another instance.
        client.AddServiceDiscovery();
        return client;
    }

    static void Configure(HttpStandardResilienceOptions resilience, TimeSpan timeout)
    {
        var attempt = timeout / Tries;
        resilience.Retry.MaxRetryAttempts = Tries - 1;
        // Somebody waits for the answer.
        resilience.Retry.Delay = TimeSpan.FromMilliseconds(500);
        resilience.Retry.DisableForUnsafeHttpMethods();
        resilience.AttemptTimeout.Timeout = attempt;
        resilience.AttemptTimeout.TimeoutGenerator = call => new(IsRetried(call.Context) ? attempt : Timeout.InfiniteTimeSpan);
        // The client has a limit of its own for what is bounded at all.
        resilience.TotalRequestTimeout.Timeout = timeout;
        resilience.TotalRequestTimeout.TimeoutGenerator = _ => new(Timeout.InfiniteTimeSpan);
        if (resilience.CircuitBreaker.SamplingDuration < 2 * attempt)
            resilience.CircuitBreaker.SamplingDuration = 2 * attempt;
    }

    static bool IsRetried(ResilienceContext context) =>
        context.GetRequestMessage() is { Method.Method: "GET" } request && !request.Options.TryGetValue(BatchClient.Unbounded, out _);
}
