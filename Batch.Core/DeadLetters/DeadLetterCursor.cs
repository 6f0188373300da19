using System.Globalization;
using Batch.Core.Ids;

namespace Batch.Core.DeadLetters;

/// <summary>Where a page of dead letters ends: <c>1716045542123.a5b6…9a:17</c>, time in Unix milliseconds and id.</summary>
internal readonly record struct DeadLetterCursor(long AtMs, DeadLetterId Id)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{AtMs}.{Id}");

    /// <exception cref="InvalidCursorException">It is not a cursor.</exception>
    public static DeadLetterCursor? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot > 0 && long.TryParse(text.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            && DeadLetterId.TryParse(text[(dot + 1)..], out var id))
            return new(at, id);
        throw new InvalidCursorException(text);
    }
}
