using System.Numerics;

namespace Batch.Csv.Inference;

/// <summary>The lowest and the highest of the values seen.</summary>
sealed class Extent<T> where T : struct, INumber<T>
{
    T _lowest, _highest;

    public bool IsKnown { get; private set; }

    public void Add(T value)
    {
        (_lowest, _highest) = IsKnown ? (T.Min(_lowest, value), T.Max(_highest, value)) : (value, value);
        IsKnown = true;
    }

    public (string? Minimum, string? Maximum) Show(Func<T, string> format) => IsKnown ? (format(_lowest), format(_highest)) : (null, null);
}
