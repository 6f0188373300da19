using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Batch.ServiceDefaults.Health;

/// <summary>How a service says what it depends on.</summary>
public static class DependencyHealth
{
    internal const string LiveTag = "live";
    internal const string DependencyTag = "dependency";

    /// <summary>Default time a dependency has to answer a probe: longer than a slow answer, shorter than the timeout of whoever polls.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Names a dependency in <c>/health</c>: up when the probe returns, else degraded, with the exception's message as the reason.</summary>
    /// <param name="probe">Asks the dependency something cheap; throws when it does not work.</param>
    /// <param name="timeout">How long who asks waits; <see cref="DefaultTimeout"/> unless given.</param>
    /// <param name="required">Without it the service is of no use: <c>/health</c> then is 503 and "unhealthy" rather than 200 and "degraded".</param>
    public static IHealthChecksBuilder AddDependency(
        this IHealthChecksBuilder checks, string name, Func<IServiceProvider, CancellationToken, Task> probe,
        TimeSpan? timeout = null, bool required = false)
    {
        // The services of the process, not those of the request: the check outlives it.
        DependencyCheck? shared = null;
        return checks.Add(new HealthCheckRegistration(
            name, services => LazyInitializer.EnsureInitialized(ref shared, () => Create(services.GetRequiredService<RootServices>().Provider)),
            required ? HealthStatus.Unhealthy : HealthStatus.Degraded, [DependencyTag]));

        DependencyCheck Create(IServiceProvider services) =>
            new(token => probe(services, token), timeout ?? DefaultTimeout, services.GetRequiredService<TimeProvider>());
    }

    /// <summary>A singleton is given the provider of the whole process.</summary>
    sealed class RootServices(IServiceProvider provider)
    {
        public IServiceProvider Provider => provider;
    }

    internal static void AddHealth(this IHostApplicationBuilder builder)
    {
        builder.Services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), [LiveTag]);
        builder.Services.AddSingleton<RootServices>();
        builder.Services.AddSingleton<IHealthCheckPublisher, DependencyWatch>();
        builder.Services.Configure<HealthCheckPublisherOptions>(options =>
        {
            options.Predicate = check => check.Tags.Contains(DependencyTag);
            options.Delay = TimeSpan.FromSeconds(2);
            options.Period = TimeSpan.FromSeconds(5);
        });
    }
}
