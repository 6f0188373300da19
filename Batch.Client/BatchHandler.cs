using System.Net;

namespace Batch.Client;

/// <summary>The last step before the network, behind retries and service discovery where there are such.</summary>
/// <remarks>
/// A long upload has a connection of its own, through which an answer is seen before all of the file is sent (<see cref="UploadConnection"/>).
/// An answer in JSON is taken whole here: where the connection breaks in the middle of it, there was no answer. Exports are left to be read
/// as they come.
/// </remarks>
internal sealed class BatchHandler() : DelegatingHandler(Sockets())
{
    static SocketsHttpHandler Sockets() => new()
    {
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        AutomaticDecompression = DecompressionMethods.All,
    };

    /// <summary>The API's, once it has said that it is not the usual one.</summary>
    volatile string? _tenantHeader;

    void UseTenantHeader(HttpRequestMessage request)
    {
        if (_tenantHeader is not { } name || !request.Headers.TryGetValues(BatchClientOptions.UsualTenantHeader, out var tenant))
            return;
        request.Headers.Remove(BatchClientOptions.UsualTenantHeader);
        request.Headers.TryAddWithoutValidation(name, tenant);
    }

    Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, HttpMessageInvoker? own, CancellationToken cancellationToken) =>
        own?.SendAsync(request, cancellationToken) ?? base.SendAsync(request, cancellationToken);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var upload = request.Content as UploadContent;
        // What is refused (no such model, no key) is then answered before the file is sent.
        if (upload is not null)
            request.Headers.ExpectContinue = true;
        using var own = upload is { IsLong: true } ? new HttpMessageInvoker(upload.ConnectBy(Sockets())) : null;
        UseTenantHeader(request);
        var answer = await SendAsync(request, own, cancellationToken).ConfigureAwait(false);
        if (answer.Headers.TryGetValues(BatchClientOptions.TenantHeaderAnnouncement, out var names) && upload?.TryRewind() != false)
        {
            _tenantHeader = names.First();
            UseTenantHeader(request);
            answer.Dispose();
            answer = await SendAsync(request, own, cancellationToken).ConfigureAwait(false);
        }
        if (upload is not null)
            upload.Status = answer.StatusCode;
        if (upload is null && answer.IsSuccessStatusCode && answer.Content.Headers.ContentType?.MediaType != "application/json")
            return answer;
        try
        {
            await answer.Content.LoadIntoBufferAsync(cancellationToken).ConfigureAwait(false);
            return answer;
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }
}
