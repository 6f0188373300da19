using Batch.Client;
using Microsoft.Extensions.Primitives;

namespace Batch.Api.Tenants;

/// <summary>Settles whose request it is before the route's handler runs.</summary>
/// <remarks>With keys configured the key decides and the header may only repeat it; without, the header decides.</remarks>
internal sealed class TenantMiddleware(RequestDelegate next, ApiKeys keys, TenantHeader header)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<NeedsTenant>() is not null)
            context.Features.Set(TenantOf(context));
        return next(context);
    }

    Tenant TenantOf(HttpContext context)
    {
        var request = context.Request;
        var named = Named(request.Headers[header.Name]);
        // It would work in the default tenant, and nobody would notice.
        if (named is null && header.Name != TenantHeader.Usual && request.Headers.ContainsKey(TenantHeader.Usual))
        {
            context.Response.OnStarting(() =>
            {
                context.Response.Headers[BatchClientOptions.TenantHeaderAnnouncement] = header.Name;
                return Task.CompletedTask;
            });
            throw new RequestException(400, "INVALID_TENANT",
                $"The tenant is given in {TenantHeader.Usual}; here the header is {header.Name}. Send that one, or set TENANT_HEADER={header.Name} for the caller too.");
        }
        if (!keys.AreRequired)
            return new(named ?? Tenant.Default);
        if (KeyOf(request) is not { } key)
            throw new RequestException(401, "API_KEY_MISSING", "A key is needed: send it as 'Authorization: Bearer <key>' or 'X-Api-Key: <key>'.");
        if (keys.TenantOf(key) is not { } tenant)
            throw new RequestException(401, "API_KEY_UNKNOWN", "The key is unknown.");
        if (named is not null && named != tenant)
            throw new RequestException(403, "TENANT_MISMATCH", $"The key belongs to another tenant than the one in the {header.Name} header.");
        return new(tenant);
    }

    string? Named(StringValues values)
    {
        if (values.Count > 1)
            throw new RequestException(400, "INVALID_TENANT", $"The header {header.Name} is given {values.Count} times; give it once.");
        var id = values.ToString().Trim();
        if (id.Length == 0)
            return null;
        return Tenant.IsValid(id) ? id : throw new RequestException(400, "INVALID_TENANT",
            $"The tenant in the header {header.Name} is not valid: 1 to {Tenant.MaxLength} printable characters.");
    }

    static string? KeyOf(HttpRequest request)
    {
        const string scheme = "Bearer ";
        var authorization = request.Headers.Authorization.ToString();
        var key = authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            ? authorization[scheme.Length..].Trim()
            : request.Headers["X-Api-Key"].ToString();
        return key.Length == 0 ? null : key;
    }

}
