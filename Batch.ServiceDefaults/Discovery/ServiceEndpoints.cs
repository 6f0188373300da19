using Microsoft.Extensions.Configuration;

namespace Batch.ServiceDefaults.Discovery;

/// <summary>Finds services by the names they have in the app host.</summary>
/// <remarks>
/// Aspire tells each service where the others are by configuration <c>services:NAME:scheme-or-endpoint:n</c>, as environment variables
/// <c>services__api__http__0=http://localhost:5123</c>. A URL whose host is such a name is sent to one of its addresses in turn:
/// <c>http://api/jobs</c>, <c>https+http://api/jobs</c> (https where there is one), <c>http://_metrics.worker/</c> (endpoint named "metrics").
/// A host that is nobody's name is left as it is, so plain addresses work too.
/// </remarks>
public sealed class ServiceEndpoints(IConfiguration configuration)
{
    uint _turn;

    /// <summary>Where to send a request meant for <paramref name="uri"/>; the same instance where its host is no service's name.</summary>
    /// <exception cref="InvalidOperationException">The service is configured, with an address that is none.</exception>
    public Uri Resolve(Uri uri)
    {
        if (!uri.IsAbsoluteUri)
            return uri;

        // "_metrics.worker": endpoint "metrics" of service "worker".
        var name = uri.Host;
        string? endpoint = null;
        if (name.StartsWith('_') && name.IndexOf('.') is > 1 and var dot)
            (endpoint, name) = (name[1..dot], name[(dot + 1)..]);

        var schemes = uri.Scheme.Split('+');
        var service = configuration.GetSection("services").GetSection(name);
        foreach (var key in endpoint is null ? schemes : [endpoint])
        {
            if (Addresses(service.GetSection(key)) is { Count: > 0 } addresses)
                return Replace(uri, Next(addresses), schemes);
        }

        // "https+http" is no scheme that anything can be sent by: the first choice stands where nothing is configured.
        return schemes.Length == 1 ? uri : new UriBuilder(uri) { Scheme = schemes[0], Port = uri.IsDefaultPort ? -1 : uri.Port }.Uri;
    }

    internal ServiceDiscoveryHandler CreateHandler() => new(this);

    static List<string> Addresses(IConfigurationSection section)
    {
        var addresses = section.GetChildren().Select(child => child.Value).OfType<string>().ToList();
        if (addresses.Count == 0 && section.Value is { Length: > 0 } only)
            addresses.Add(only);
        return addresses;
    }

    string Next(List<string> addresses) => addresses[(int)(Interlocked.Increment(ref _turn) % (uint)addresses.Count)];

    static Uri Replace(Uri uri, string address, string[] schemes)
    {
        // "localhost:5123" has no scheme of its own and takes the caller's.
        var text = address.Contains("://", StringComparison.Ordinal) ? address : $"{schemes[^1]}://{address}";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var target))
            throw new InvalidOperationException($"The service '{uri.Host}' is configured with the address '{address}', which is not a URL.");
        return new UriBuilder(uri) { Scheme = target.Scheme, Host = target.Host, Port = target.Port }.Uri;
    }
}
