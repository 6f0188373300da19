using Batch.Core.Chunks;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Batch.Worker.Chunks;

internal static class ChunkServices
{
    /// <summary>The path of a chunk, and as many members of the group as the options say.</summary>
    public static IServiceCollection AddChunks(this IServiceCollection services)
    {
        services.AddOptions<WorkerOptions>().BindConfiguration(WorkerOptions.SectionName).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddChunkTopics();
        services.AddSingleton<ValidatorPool>().AddSingleton<ChunkLoader>().AddSingleton<TransientFaultRetry>();
        services.AddSingleton<ChunkProcessor>().AddHostedService<ChunkConsumers>();
        return services;
    }
}
