using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Batch.Client;

/// <summary>Reads a page of models: an array, and the header <c>Link: &lt;/models?cursor=…&gt;; rel="next"</c>, which is missing on the last.</summary>
internal static partial class ModelPages
{
    public static async Task<ModelList> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        if (await AnswerFaults.OfAnswerAsync(answer).ConfigureAwait(false) is { } refusal)
            throw refusal;
        IReadOnlyList<Model>? models;
        try
        {
            models = await answer.Content.ReadFromJsonAsync(BatchJson.Default.IReadOnlyListModel, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is JsonException or NotSupportedException)
        {
            throw (await AnswerFaults.OfBody(answer, fault).ConfigureAwait(false))!;
        }
        return new(models ?? throw AnswerFaults.Unexpected(answer.StatusCode, $"{answer.RequestMessage?.RequestUri}", "The body is empty."), NextOf(answer));
    }

    static string? NextOf(HttpResponseMessage answer) =>
        answer.Headers.TryGetValues("Link", out var links) && Next().Match(string.Join(',', links)) is { Success: true } next
            ? Uri.UnescapeDataString(next.Groups["cursor"].Value) : null;

    [GeneratedRegex("""<[^<>]*[?&]cursor=(?<cursor>[^&<>]+)[^<>]*>\s*;\s*rel="?next"?""", RegexOptions.ExplicitCapture)]
    private static partial Regex Next();
}
