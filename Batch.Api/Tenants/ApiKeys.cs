using System.Security.Cryptography;
using System.Text;

namespace Batch.Api.Tenants;

/// <summary>The keys that open the API, each with the tenant it stands for. None configured: the API is open.</summary>
/// <remarks>
/// Configured as a map, <c>ApiKeys__s3cret=tenant_a</c>, or as a list, <c>ApiKeys__0__Key=s3cret</c>, <c>ApiKeys__0__Tenant=tenant_a</c>.
/// In place of the key its SHA-256 will do, so that the configuration is no secret: <c>sha256-9f86d0…</c> in the map,
/// <c>ApiKeys__0__Sha256=9f86d0…</c> in the list. A presented key is hashed and compared with all digests in constant time.
/// </remarks>
internal sealed class ApiKeys
{
    public const string SectionName = "ApiKeys";
    const string DigestPrefix = "sha256-";

    readonly List<(byte[] Digest, string Tenant)> _keys = [];

    public ApiKeys(IConfiguration configuration)
    {
        foreach (var entry in configuration.GetSection(SectionName).GetChildren())
        {
            var (key, digest, tenant) = entry.Value is { } mapped
                ? entry.Key.StartsWith(DigestPrefix, StringComparison.OrdinalIgnoreCase)
                    ? (null, entry.Key[DigestPrefix.Length..], mapped)
                    : (entry.Key, null, mapped)
                : (entry["Key"], entry["Sha256"], entry["Tenant"]);
            if (tenant is null || !Tenants.Tenant.IsValid(tenant))
                throw new InvalidOperationException($"{entry.Path}: a key needs a tenant, 1 to {Tenants.Tenant.MaxLength} printable characters.");
            _keys.Add((digest is not null ? ParseDigest(entry.Path, digest) : Digest(key ?? throw new InvalidOperationException(
                $"{entry.Path}: give Key or Sha256.")), tenant));
        }
    }

    public bool AreRequired => _keys.Count > 0;

    /// <summary>The tenant that a key stands for; null where the key is not known.</summary>
    public string? TenantOf(string key)
    {
        var presented = Digest(key);
        string? tenant = null;
        // All of them, also after a hit: how long it takes must not tell how far it got.
        foreach (var (digest, owner) in _keys)
        {
            if (CryptographicOperations.FixedTimeEquals(digest, presented))
                tenant = owner;
        }
        return tenant;
    }

    static byte[] Digest(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    static byte[] ParseDigest(string path, string hex) => hex.Length == 64 && hex.All(char.IsAsciiHexDigit)
        ? Convert.FromHexString(hex)
        : throw new InvalidOperationException($"{path}: a SHA-256 is 64 hex digits.");
}
