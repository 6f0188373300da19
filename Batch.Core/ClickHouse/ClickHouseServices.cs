using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Batch.Core.ClickHouse;

/// <summary>Registers the ClickHouse client.</summary>
public static class ClickHouseServices
{
    /// <summary>
    /// <see cref="ClickHouseClient"/>, <see cref="ClickHouseMigrations"/> and <see cref="ClickHouseProbe"/>,
    /// with the options of <paramref name="configuration"/>.
    /// </summary>
    public static IServiceCollection AddClickHouse(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ClickHouseOptions>()
            .Bind(configuration.GetSection(ClickHouseOptions.SectionName))
            .Configure(options => Apply(configuration.GetConnectionString("clickhouse"), options))
            .ValidateDataAnnotations()
            .ValidateOnStart();
        return services
            .AddSingleton(provider => ClickHouseClient.Create(provider.GetRequiredService<IOptions<ClickHouseOptions>>().Value))
            .AddSingleton<ClickHouseMigrations>().AddSingleton<ClickHouseProbe>();
    }

    // As every other setting that cannot be taken, which a program tells of in one line.
    static void Apply(string? connectionString, ClickHouseOptions options)
    {
        if (string.IsNullOrEmpty(connectionString))
            return;
        try
        {
            ClickHouseConnectionString.Apply(connectionString, options);
        }
        catch (FormatException fault)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(ClickHouseOptions), [fault.Message]);
        }
    }
}
