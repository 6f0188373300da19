using System.Globalization;
using Batch.Core.Ids;

namespace Batch.Core.Rejected;

/// <summary>Where a page of errors ends: <c>4711.2</c>, row and number of the error within the row.</summary>
internal readonly record struct RejectedCursor(long Row, int Seq)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Row}.{Seq}");

    /// <exception cref="InvalidCursorException">It is not a cursor.</exception>
    public static RejectedCursor? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot > 0 && long.TryParse(text.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var row)
            && ushort.TryParse(text.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var seq))
            return new(row, seq);
        throw new InvalidCursorException(text);
    }
}
