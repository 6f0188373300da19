using System.Buffers.Text;
using System.Text;
using Batch.Core.Ids;

namespace Batch.Core.Models;

/// <summary>Where a page of models ends: <c>0f3c….cHVyY2hhc2Vz</c>, id and name, which is in Base64 as it may hold any character.</summary>
internal readonly record struct ModelCursor(string Name, string ModelId)
{
    public override string ToString() => $"{ModelId}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Name))}";

    /// <exception cref="InvalidCursorException">It is not a cursor.</exception>
    public static ModelCursor? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot > 0 && BatchId.TryNormalize(text[..dot], out var id) && Base64Url.IsValid(text.AsSpan(dot + 1)))
            return new(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text.AsSpan(dot + 1))), id);
        throw new InvalidCursorException(text);
    }
}
