using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Net.Http.Headers;

namespace Batch.Api.Hosting;

/// <summary>Reads a JSON body, and reports where and why one cannot be read.</summary>
internal static class JsonBody
{
    /// <exception cref="RequestException">415, 413 BODY_TOO_LARGE, or 400 INVALID_JSON.</exception>
    public static async Task<T> ReadAsync<T>(HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var media)
            || !(media.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
                || media.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase)))
            throw new RequestException(415, "UNSUPPORTED_MEDIA_TYPE",
                $"A body of the type '{request.ContentType ?? "(none)"}' is not supported. Send JSON, with the header 'Content-Type: application/json'.");
        try
        {
            return await JsonSerializer.DeserializeAsync(request.Body, type, cancellationToken)
                ?? throw new RequestException(400, "INVALID_JSON", "The body is null; send an object.");
        }
        catch (BadHttpRequestException fault) when (fault.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw new RequestException(413, "BODY_TOO_LARGE", string.Create(CultureInfo.InvariantCulture,
                $"The body is larger than {ServerSetup.MaxBodyBytes:N0} bytes, the limit for a model. Leave out of its schema what describes and does not check, and lists of thousands of allowed values; or split the model."));
        }
        catch (JsonException fault)
        {
            // Line and column count from 0 in the exception, and from 1 in every editor.
            var where = fault.LineNumber is { } line ? $" at line {line + 1}, column {fault.BytePositionInLine + 1}" : "";
            throw new RequestException(400, "INVALID_JSON", $"The body is not the JSON expected{where}: {FirstSentence(fault.Message)}");
        }
    }

    static string FirstSentence(string message)
    {
        var end = message.IndexOf(" Path: ", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }
}
