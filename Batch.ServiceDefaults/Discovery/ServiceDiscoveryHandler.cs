namespace Batch.ServiceDefaults.Discovery;

/// <summary>Sends a request to the address behind its service's name.</summary>
sealed class ServiceDiscoveryHandler(ServiceEndpoints endpoints) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var named = request.RequestUri;
        if (named is null || endpoints.Resolve(named) is var address && ReferenceEquals(address, named))
            return await base.SendAsync(request, cancellationToken);

        request.RequestUri = address;
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        finally
        {
            // The name again: a retry resolves anew.
            request.RequestUri = named;
        }
    }
}
