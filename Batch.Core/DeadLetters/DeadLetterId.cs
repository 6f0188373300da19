using System.Globalization;
using Batch.Core.Ids;

namespace Batch.Core.DeadLetters;

/// <summary>Which chunk: <c>a5b6c7d8e9f00112233445566778899a:17</c>, job and ordinal, the same as in the chunk's deduplication token.</summary>
/// <param name="JobId">An id, or a prefix of one where a person has typed it.</param>
public readonly record struct DeadLetterId(string JobId, int Ordinal)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{JobId}:{Ordinal}");

    /// <summary>False where it is no job and ordinal with a colon between.</summary>
    public static bool TryParse(string text, out DeadLetterId id)
    {
        id = default;
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !BatchId.TryNormalize(text[..colon], out var job)
            || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal))
            return false;
        id = new(job, ordinal);
        return true;
    }
}
