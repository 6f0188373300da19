using Batch.Csv.Export;

namespace Batch.Api.Repairs;

/// <summary>Which of a job's rejected rows to run again, and what to set in them: <c>?code=NULL_VALUE&amp;column=amount&amp;set=amount=0</c>.</summary>
internal sealed record RowChoice(RejectedFilter Filter, IReadOnlyDictionary<string, string> Set)
{
    public bool IsAll => Filter.IsNone && Set.Count == 0;

    /// <exception cref="RequestException">A <c>set</c> is no assignment, or one column is to have two values.</exception>
    public static RowChoice Of(string? code, string? column, string[]? set)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in set ?? [])
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw RequestException.BadParameter("set", text, "column=value");
            if (!values.TryAdd(text[..equals], text[(equals + 1)..]))
                throw new RequestException(400, "CONFLICTING_PARAMETER", $"'set' gives the column '{text[..equals]}' two values. Give it one.");
        }
        return new(new(string.IsNullOrEmpty(code) ? null : code, string.IsNullOrEmpty(column) ? null : column), values);
    }
}
