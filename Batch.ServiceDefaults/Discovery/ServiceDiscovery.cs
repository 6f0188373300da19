using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Batch.ServiceDefaults.Discovery;

/// <summary>Registers <see cref="ServiceEndpoints"/>.</summary>
static class ServiceDiscovery
{
    public static void AddServiceDiscovery(this IServiceCollection services) => services.TryAddSingleton<ServiceEndpoints>();
}
