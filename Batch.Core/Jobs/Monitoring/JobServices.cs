using Microsoft.Extensions.DependencyInjection;

namespace Batch.Core.Jobs.Monitoring;

public static class JobServices
{
    /// <summary>The <see cref="JobMonitor"/>; for the API. It asks the log and its topics, which are to be registered too.</summary>
    public static IServiceCollection AddJobMonitor(this IServiceCollection services) =>
        services.AddSingleton<LostChunks>().AddHostedService<JobMonitor>();
}
