using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Batch.Core.ClickHouse;

/// <summary>Registers the ClickHouse client.</summary>
public static class ClickHouseServices
{
    /// <summary><see cref="ClickHouseClient"/> and <see cref="ClickHouseMigrations"/>, with the options of <paramref name="configuration"/>.</summary>
    /// <remarks>A second call does nothing.</remarks>
    public static IServiceCollection AddClickHouse(this IServiceCollection services, IConfiguration configuration)
    {
        if (services.Any(service => service.ServiceType == typeof(ClickHouseClient)))
            return services;
        services.AddOptions<ClickHouseOptions>()
            .Bind(configuration.GetSection(ClickHouseOptions.SectionName))
            .Configure(options =>
            {
                if (configuration.GetConnectionString("clickhouse") is { Length: > 0 } text)
                    ClickHouseConnectionString.Apply(text, options);
            })
            .ValidateDataAnnotations()
            .ValidateOnStart();
        return services
            .AddSingleton(provider => ClickHouseClient.Create(provider.GetRequiredService<IOptions<ClickHouseOptions>>().Value))
            .AddSingleton<ClickHouseMigrations>();
    }
}
