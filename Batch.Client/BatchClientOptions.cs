namespace Batch.Client;

/// <summary>Where the API is and who is calling.</summary>
public sealed record BatchClientOptions
{
    public static readonly Uri DefaultAddress = new("http://localhost:8000");

    /// <summary>Where the API is; a path in it is kept, so that an API behind a prefix can be reached.</summary>
    public Uri Address { get; init; } = DefaultAddress;

    /// <summary>The caller's tenant; null leaves it to the API (<c>tenant_a</c>, or the tenant of the key).</summary>
    public string? Tenant { get; init; }

    public const string UsualTenantHeader = "X-Tenant-ID";

    /// <summary>The answer's header with the name of the API's tenant header, where a request had the usual one and the API has another.</summary>
    public const string TenantHeaderAnnouncement = "Tenant-Header";

    /// <summary>The header that carries <see cref="Tenant"/>: the API's <c>TENANT_HEADER</c>. Of the usual one the API says if it is another.</summary>
    public string TenantHeader { get; init; } = UsualTenantHeader;

    /// <summary>Sent as <c>Authorization: Bearer …</c>; needed where the API has keys configured.</summary>
    public string? ApiKey { get; init; }

    /// <summary>How long one answer may take. Uploads and exports are not bound by it: they take as long as the file is.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(100);
}
