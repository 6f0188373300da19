using System.Collections.Concurrent;

namespace Batch.Core.Telemetry;

/// <summary>Keeps a label's values few: the first <paramref name="capacity"/> values stand for themselves, all later ones are "other".</summary>
/// <remarks>A value keeps its label for the life of the process: a counter that changed its labels would seem to go backwards.</remarks>
public sealed class BoundedLabel(int capacity)
{
    public const string Other = "other";

    readonly ConcurrentDictionary<string, string> _known = new(StringComparer.Ordinal);
    readonly Lock _gate = new();

    /// <summary>The label for this value. Allocates only the first time a value is seen.</summary>
    public string Of(string value)
    {
        if (_known.TryGetValue(value, out var label))
            return label;
        lock (_gate)
        {
            if (_known.TryGetValue(value, out label))
                return label;
            if (_known.Count >= capacity)
                return Other;
            _known[value] = value;
            return value;
        }
    }
}
