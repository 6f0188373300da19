using Batch.Core.Chunks;

namespace Batch.Worker.Chunks;

internal static class ChunkServices
{
    /// <summary>The path of a chunk, and as many members of the group as the options say.</summary>
    public static IServiceCollection AddChunks(this IServiceCollection services)
    {
        services.AddOptions<WorkerOptions>().BindConfiguration(WorkerOptions.SectionName).ValidateDataAnnotations().ValidateOnStart();
        services.AddChunkTopics();
        services.AddSingleton<ValidatorPool>().AddSingleton<ChunkLoader>().AddSingleton<WaitingRecords>().AddSingleton<TransientFaultRetry>();
        services.AddSingleton<ChunkProcessor>().AddHostedService<ChunkConsumers>();
        return services;
    }
}
