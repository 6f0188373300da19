using Batch.Core.DeadLetters;
using Batch.Core.Jobs;
using Batch.Core.Models;
using Batch.Core.Rejected;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Batch.Core.Stores;

/// <summary>Registers the stores.</summary>
public static class StoreServices
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
}
