using System.Text;

namespace Batch.Csv.Inference;

/// <summary>What one type would do with the values of a column: take them, refuse some, or take one and change it.</summary>
/// <remarks>A refused value is a row that would be rejected, which is loud; a changed one would be loaded as what it was not, and rules the type out.</remarks>
sealed class TypeTally(string typeName)
{
    /// <summary>A type that has refused more than this many values, and most of them, is not tried on further ones.</summary>
    const long MostRefused = 10_000;

    RuledOut? _first;
    bool _isChanging;

    /// <summary>Values that loading would reject.</summary>
    public long Refused { get; private set; }

    /// <summary>Further values are of interest.</summary>
    public bool IsAlive { get; private set; } = true;

    /// <summary>The first value that was refused, or the one that would be changed; null where all fit.</summary>
    public RuledOut? Evidence => _first is null ? null : _first with { Count = _isChanging ? 1 : Refused };

    public void Refuse(ReadOnlySpan<byte> text, long row, string reason, long values)
    {
        if (!IsAlive)
            return;
        if (Refused++ == 0)
            _first = new(typeName, row, Shown(text), reason, 1);
        IsAlive = Refused <= MostRefused || Refused * 2 <= values;
    }

    public void RuleOut(ReadOnlySpan<byte> text, long row, string reason)
    {
        if (!IsAlive)
            return;
        _first = new(typeName, row, Shown(text), reason, 1);
        _isChanging = true;
        IsAlive = false;
    }

    /// <summary>At most 256 bytes, cut between characters.</summary>
    public static string Shown(ReadOnlySpan<byte> text)
    {
        if (text.Length > DistinctValues.MaxBytes)
        {
            var end = DistinctValues.MaxBytes;
            while (end > 0 && (text[end] & 0xC0) == 0x80)
                end--;
            text = text[..end];
        }
        return Encoding.UTF8.GetString(text);
    }
}
