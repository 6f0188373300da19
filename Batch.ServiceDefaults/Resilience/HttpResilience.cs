using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Batch.ServiceDefaults.Resilience;

/// <summary>Registers <see cref="ResiliencePipelines"/> and its options.</summary>
static class HttpResilience
{
    public static void AddResilience(this IServiceCollection services)
    {
        services.AddOptions<ResilienceOptions>()
            .BindConfiguration(ResilienceOptions.SectionName).ValidateDataAnnotations()
            .Validate(o => o.TotalTimeout >= o.AttemptTimeout, "Resilience:TotalTimeout must not be shorter than Resilience:AttemptTimeout.")
            .ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ResiliencePipelines>();
    }
}
