using Batch.Client;

namespace Batch.Api.Tenants;

/// <summary>The name of the header that carries the tenant: <c>TENANT_HEADER</c>.</summary>
internal sealed record TenantHeader(string Name)
{
    /// <summary>Where nothing else is configured.</summary>
    public const string Usual = BatchClientOptions.UsualTenantHeader;
}

/// <summary>Marks routes that belong to a tenant; health, metrics and the API's document do not.</summary>
internal sealed class NeedsTenant;

internal static class TenantSetup
{
    public static void AddTenants(this WebApplicationBuilder builder)
    {
        var name = builder.Configuration["TENANT_HEADER"];
        builder.Services.AddSingleton(new TenantHeader(string.IsNullOrWhiteSpace(name) ? TenantHeader.Usual : name.Trim()));
        // Made now, so that a key without a tenant stops the start and not the first request.
        builder.Services.AddSingleton(new ApiKeys(builder.Configuration));
    }

    public static void UseTenants(this WebApplication app) => app.UseMiddleware<TenantMiddleware>();

    public static RouteGroupBuilder WithTenant(this RouteGroupBuilder routes) => routes.WithMetadata(new NeedsTenant());
}
