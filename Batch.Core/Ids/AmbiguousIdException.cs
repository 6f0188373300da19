namespace Batch.Core.Ids;

/// <summary>A prefix or name that stands for more than one thing. A caller's mistake.</summary>
/// <param name="matches">How many there are, at least 2; counting stops at some point.</param>
public sealed class AmbiguousIdException(string id, int matches)
    : Exception($"'{id}' is ambiguous: it matches {matches} or more. Give more digits of the id.")
{
    public string Id { get; } = id;
    public int Matches { get; } = matches;
}
