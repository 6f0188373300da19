using System.Globalization;

namespace Batch.Core.ClickHouse;

/// <summary>Between the driver and the network: throws the faults that ClickHouse answers, and watches successful answers for faults in mid-stream.</summary>
/// <remarks>
/// The driver takes the first number in an error's text for its code, even a proxy's 502. It hides the status and the headers
/// that identify the fault, reads an answer's body without a timeout, and does not check the end of a raw result.
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
