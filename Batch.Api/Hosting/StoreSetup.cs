using Batch.Core.Chunks;
using Batch.Core.ClickHouse;
using Batch.Core.Jobs.Monitoring;
using Batch.Core.Log;
using Batch.Core.Stores;
using Batch.ServiceDefaults.Health;
using Microsoft.Extensions.Options;

namespace Batch.Api.Hosting;

/// <summary>ClickHouse and the log, as far as the API needs them; it starts and stays up without either.</summary>
internal static class StoreSetup
{
    public static void AddStores(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddClickHouse(builder.Configuration);
        services.AddJobStores();
        services.AddLog();
        services.AddJobMonitor();
        services.AddChunkTopics();
        services.AddSingleton<StoreReadiness>();
        services.AddHostedService<StoreStartup>();
        services.AddHealthChecks()
            .AddDependency("clickhouse", (provider, token) => provider.GetRequiredService<ClickHouseProbe>().CheckAsync(token))
            .AddDependency("log", (provider, token) => provider.GetRequiredService<ILog>().CheckAsync(token))
            .AddDependency("workers", (provider, token) => provider.GetRequiredService<ChunkBacklog>().CheckAsync(token));
    }

    /// <summary>Lets requests wait briefly until ClickHouse has its tables.</summary>
    public static RouteGroupBuilder WithStores(this RouteGroupBuilder routes) => routes.AddEndpointFilter<StoreReadinessFilter>();

    /// <summary>Options validated when the API starts, and registered as themselves.</summary>
    public static void AddSettings<T>(this IServiceCollection services, string section) where T : class
    {
        services.AddOptions<T>().BindConfiguration(section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<T>>().Value);
    }
}
