using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Batch.Core.Chunks;

public static class ChunkTopicServices
{
    /// <summary>The topics of chunks, as API and workers must agree on them: the section "Topics", and "Worker:Group".</summary>
    public static IServiceCollection AddChunkTopics(this IServiceCollection services)
    {
        services.AddOptions<ChunkTopicOptions>().BindConfiguration(ChunkTopicOptions.SectionName)
            .Configure<IConfiguration>((options, configuration) => options.Group = configuration["Worker:Group"] ?? options.Group)
            .ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton(provider => provider.GetRequiredService<IOptions<ChunkTopicOptions>>().Value).AddSingleton<ChunkTopics>()
            .AddSingleton<ChunkBacklog>();
    }
}
