using System.Net;
using System.Text.Json;

namespace Batch.Client;

/// <summary>What callers are told of an answer that is no success, and of one that did not come.</summary>
internal sealed class AnswerFaults(Uri address)
{
    /// <summary>Null where the answer is a success.</summary>
    public static async ValueTask<Exception?> OfAnswerAsync(HttpResponseMessage answer)
    {
        if (answer.IsSuccessStatusCode)
            return null;
        // Its body is here already: BatchHandler takes it whole.
        var body = await answer.Content.ReadAsByteArrayAsync().ConfigureAwait(false);
        ApiProblem? problem = null;
        try
        {
            problem = JsonSerializer.Deserialize(body, BatchJson.Default.ApiProblem);
        }
        catch (JsonException)
        {
            // Something between here and the API answered with a page of its own; the status is all there is to tell.
        }
        var message = problem?.Detail ?? problem?.Title ?? problem?.Error
            ?? $"The API answered {(int)answer.StatusCode} {answer.ReasonPhrase}.";
        return new BatchApiException(answer.StatusCode, problem?.Code ?? "", message, problem?.TraceId) { JobId = problem?.JobId };
    }

    public static ValueTask<Exception?> OfBody(HttpResponseMessage answer, Exception fault) => new(fault is OperationCanceledException
        ? fault : Unexpected(answer.StatusCode, $"{answer.RequestMessage?.RequestUri}", fault.Message));

    /// <summary>A success, and still not what the API says.</summary>
    public static BatchApiException Unexpected(HttpStatusCode status, string uri, string what) => new(status, "UNEXPECTED_ANSWER",
        $"{uri} answered {(int)status} with a body that is not a Batch API's: {what} Check that the address is that of a Batch API of this version.", null);

    /// <summary>No answer. That the file could not be read is not the API's fault; that the caller or the time-out gave it up is no fault at all.</summary>
    public Exception OfConnection(HttpRequestMessage request, Exception fault, CancellationToken cancellationToken) => fault switch
    {
        _ when request.Content is UploadContent { ReadFault: { } reading } => reading,
        OperationCanceledException when cancellationToken.IsCancellationRequested => fault,
        OperationCanceledException { InnerException: TimeoutException timeout } => new BatchUnreachableException(address, timeout),
        _ => new BatchUnreachableException(address, fault),
    };

    public BatchUnreachableException TimedOut(TimeSpan limit, Exception fault) =>
        new(address, new TimeoutException($"no answer within {limit.TotalSeconds:0.#} s.", fault));
}
