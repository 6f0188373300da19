using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Batch.ServiceDefaults.Resilience;

/// <summary>Retries, times out and breaks circuits for requests that may be sent twice; all others pass untouched.</summary>
/// <remarks>
/// May be sent twice: methods that HTTP calls idempotent, with a body that is in memory or none. A POST (an upload, an insert) is its
/// caller's to repeat and to bound, because only the caller knows its deduplication token. What goes wrong is always an
/// <see cref="HttpRequestException"/>, so callers need not know of Polly.
/// </remarks>
sealed class ResilienceHandler(ResiliencePipelines pipelines) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.RequestUri is not { } uri || !MayBeSentTwice(request))
            return await base.SendAsync(request, cancellationToken);
        try
        {
            return await pipelines.For(uri).ExecuteAsync(
                static async (state, token) => await state.Handler.SendOnceAsync(state.Request, token),
                (Handler: this, Request: request), cancellationToken);
        }
        catch (BrokenCircuitException exception)
        {
            throw new HttpRequestException(
                HttpRequestError.ConnectionError, $"{uri.Authority} failed too often lately and is left alone for a moment.", exception);
        }
        catch (TimeoutRejectedException exception)
        {
            throw new HttpRequestException(
                HttpRequestError.Unknown, $"{uri.Authority} did not answer within {exception.Timeout.TotalSeconds:0.###} s.", exception);
        }
    }

    Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        base.SendAsync(request, cancellationToken);

    static bool MayBeSentTwice(HttpRequestMessage request) =>
        (request.Method == HttpMethod.Get || request.Method == HttpMethod.Head || request.Method == HttpMethod.Options ||
         request.Method == HttpMethod.Put || request.Method == HttpMethod.Delete) &&
        request.Content is null or ByteArrayContent or ReadOnlyMemoryContent;
}
