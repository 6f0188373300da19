using Batch.Core.DeadLetters;
using Batch.Core.Models;
using Batch.Core.Rejected;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Batch.Core.Jobs;

/// <summary>Registers the stores.</summary>
public static class JobServices
{
    /// <summary>Models, jobs, rejected rows and dead letters over the <c>ClickHouseClient</c> of <c>AddClickHouse</c>. A second call does nothing.</summary>
    public static IServiceCollection AddJobStores(this IServiceCollection services)
    {
        services.TryAddSingleton<ModelStore>();
        services.TryAddSingleton<JobStore>();
        services.TryAddSingleton<RejectedStore>();
        services.TryAddSingleton<DeadLetterStore>();
        return services;
    }

    /// <summary>The <see cref="JobMonitor"/>; for the API. It asks the log and its topics, which are to be registered too.</summary>
    public static IServiceCollection AddJobMonitor(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        return services.AddSingleton<LostChunks>().AddHostedService<JobMonitor>();
    }
}
