using System.Globalization;
using Batch.Core.Ids;

namespace Batch.Core.Jobs.Reading;

/// <summary>Where a page of jobs ends: <c>1716045542123.0f3c…</c>, creation in Unix milliseconds and id.</summary>
internal readonly record struct JobCursor(long CreatedMs, string JobId)
{
    /// <summary>The other comes after it in the list: it is older.</summary>
    public bool IsBefore(JobCursor other) =>
        other.CreatedMs < CreatedMs || (other.CreatedMs == CreatedMs && string.CompareOrdinal(other.JobId, JobId) < 0);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{CreatedMs}.{JobId}");

    /// <exception cref="InvalidCursorException">It is not a cursor.</exception>
    public static JobCursor? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot > 0 && long.TryParse(text.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var created)
            && BatchId.TryNormalize(text[(dot + 1)..], out var id))
            return new(created, id);
        throw new InvalidCursorException(text);
    }
}
