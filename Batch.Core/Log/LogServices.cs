using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Batch.Core.Log;

public static class LogServices
{
    /// <summary>The log that the host has brought along; where it brought none, Kafka's.</summary>
    public static IServiceCollection AddLog(this IServiceCollection services) =>
        services.Any(service => service.ServiceType == typeof(ILog)) ? services : services.AddKafkaLog();

    /// <summary>Redpanda, or any Kafka: the section "Kafka", else <c>ConnectionStrings:kafka</c>, else <c>KAFKA_BOOTSTRAP</c>.</summary>
    /// <remarks>The connection string is what an app host injects: a variable that the shell happens to have does not lead elsewhere.</remarks>
    public static IServiceCollection AddKafkaLog(this IServiceCollection services)
    {
        services.AddOptions<KafkaOptions>().BindConfiguration(KafkaOptions.SectionName).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IPostConfigureOptions<KafkaOptions>, KafkaBootstrap>();
        services.AddSingleton<ILog>(provider => new KafkaLog(
            provider.GetRequiredService<IOptions<KafkaOptions>>().Value, provider.GetRequiredService<ILogger<KafkaLog>>(),
            provider.GetService<TimeProvider>()));
        return services;
    }

    sealed class KafkaBootstrap(IConfiguration configuration) : IPostConfigureOptions<KafkaOptions>
    {
        public void PostConfigure(string? name, KafkaOptions options)
        {
            if (string.IsNullOrWhiteSpace(options.BootstrapServers))
                options.BootstrapServers = configuration.GetConnectionString("kafka") is { Length: > 0 } connection
                    ? connection
                    : configuration["KAFKA_BOOTSTRAP"] is { Length: > 0 } seed ? seed : "localhost:9092";
        }
    }
}
