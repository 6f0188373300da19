using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Batch.Core.Log;

public static class LogServices
{
    /// <summary>The log of one machine, in the folder that the section "LocalLog" names.</summary>
    public static IServiceCollection AddLocalLog(this IServiceCollection services)
    {
        services.AddOptions<LocalLogOptions>().BindConfiguration(LocalLogOptions.SectionName).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<ILog>(provider => LocalLog.Open(
            provider.GetRequiredService<IOptions<LocalLogOptions>>().Value,
            provider.GetRequiredService<ILogger<LocalLog>>(),
            provider.GetService<TimeProvider>()));
        return services;
    }
}
