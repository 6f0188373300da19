using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace Batch.ServiceDefaults.Resilience;

/// <summary>One Polly pipeline for each host that is called: total timeout → retry → circuit breaker → attempt timeout.</summary>
/// <remarks>Per host, so that a sick dependency does not open the breaker of a healthy one; outside the handlers, which come and go.</remarks>
public sealed class ResiliencePipelines(IOptions<ResilienceOptions> options, TimeProvider time)
{
    readonly ConcurrentDictionary<string, ResiliencePipeline<HttpResponseMessage>> _pipelines = new(StringComparer.OrdinalIgnoreCase);

    internal ResilienceHandler CreateHandler() => new(this);

    internal ResiliencePipeline<HttpResponseMessage> For(Uri uri) => _pipelines.GetOrAdd(uri.Authority, _ => Build());

    /// <summary>An answer or a fault that another attempt may better.</summary>
    static bool IsTransient(Outcome<HttpResponseMessage> outcome) => outcome switch
    {
        { Exception: HttpRequestException or TimeoutRejectedException } => true,
        { Result.StatusCode: HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests } => true,
        { Result.StatusCode: >= HttpStatusCode.InternalServerError and not HttpStatusCode.NotImplemented } => true,
        _ => false,
    };

    ResiliencePipeline<HttpResponseMessage> Build()
    {
        var o = options.Value;
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time };
        builder.AddTimeout(o.TotalTimeout);
        if (o.MaxRetries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                ShouldHandle = args => ValueTask.FromResult(IsTransient(args.Outcome)),
                MaxRetryAttempts = o.MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = o.RetryDelay,
                MaxDelay = o.MaxRetryDelay,
                DelayGenerator = args => ValueTask.FromResult(RetryAfter(args.Outcome.Result, o.MaxRetryDelay)),
                // The answer that is not good enough will not be read: give its connection back.
                OnRetry = args =>
                {
                    args.Outcome.Result?.Dispose();
                    return default;
                },
            });
        }

        return builder
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<HttpResponseMessage>
            {
                ShouldHandle = args => ValueTask.FromResult(IsTransient(args.Outcome)),
                FailureRatio = o.BreakerFailureRatio,
                MinimumThroughput = o.BreakerMinimumThroughput,
                SamplingDuration = o.BreakerSampling,
                BreakDuration = o.BreakerPause,
            })
            .AddTimeout(o.AttemptTimeout)
            .Build();
    }

    TimeSpan? RetryAfter(HttpResponseMessage? response, TimeSpan longest)
    {
        var asked = response?.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        return asked is not { } wait ? null : wait < TimeSpan.Zero ? TimeSpan.Zero : wait < longest ? wait : longest;
    }
}
