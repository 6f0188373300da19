using System.Globalization;

namespace Batch.Core.ClickHouse;

/// <summary>Between the driver and the network: throws what ClickHouse answers with a fault, and guards the answers that begin well.</summary>
/// <remarks>
/// The driver takes the first number in an error's text for its code, a proxy's 502 for ClickHouse's. It keeps the status and the headers
/// that name the fault to itself, reads an answer's body without a limit of time, and does not look at the end of a raw result.
/// </remarks>
/// <param name="timeout">Longest wait for the next bytes of a result that is streamed.</param>
internal sealed class ClickHouseFaults(HttpMessageHandler transport, TimeSpan timeout) : DelegatingHandler(transport)
{
    /// <summary>The setting of a request whose answer begins when it is complete: a fault has its status then, and what is read is no stream.</summary>
    public const string WaitForEnd = "wait_end_of_query";

    /// <exception cref="ClickHouseException">The answer is a fault.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        int? code = int.TryParse(Header("X-ClickHouse-Exception-Code"), CultureInfo.InvariantCulture, out var known) ? known : null;
        if (!response.IsSuccessStatusCode || code is not null)
            using (response)
                throw ClickHouseErrors.Of((int)response.StatusCode, code, await response.Content.ReadAsStringAsync(cancellationToken));
        if (request.Method == HttpMethod.Post && !request.RequestUri!.Query.Contains($"{WaitForEnd}=1", StringComparison.Ordinal))
            response.Content = new StreamContent(new ClickHouseResponseStream(
                await response.Content.ReadAsStreamAsync(cancellationToken), Header("X-ClickHouse-Exception-Tag"), timeout));
        else
            await response.Content.LoadIntoBufferAsync(cancellationToken);
        return response;

        string? Header(string name) => response.Headers.TryGetValues(name, out var values) ? values.First() : null;
    }
}
