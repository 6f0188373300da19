using Batch.Csv.Schema;

namespace Batch.Csv.Validation;

/// <summary>Columns of a file that no model's column is filled by, each beside the one that was most likely meant.</summary>
/// <remarks>
/// Each name is in one pair at most. Names that look the same come first (<see cref="NameKey"/>), then slips of the pen (<see cref="ClosestMatch"/>).
/// </remarks>
internal sealed class NearNames
{
    /// <summary>Typos are searched for among at most this many names on either side: each is compared with each.</summary>
    const int MaxForSlips = 100;

    readonly Dictionary<string, string> _modelNames = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> _fileNames = new(StringComparer.Ordinal);

    /// <param name="extra">Names of the file that the model has not.</param>
    /// <param name="missing">Names of the model that the file has not.</param>
    public NearNames(IEnumerable<string> extra, IEnumerable<string> missing)
    {
        var (found, wanted) = (extra.Where(name => name.Length > 0).Distinct(StringComparer.Ordinal).ToList(), missing.ToList());
        if (found.Count == 0 || wanted.Count == 0)
            return;
        var byKey = wanted.ToLookup(NameKey.Of, StringComparer.Ordinal);
        var rest = new List<string>();
        foreach (var name in found)
        {
            if (byKey[NameKey.Of(name)].FirstOrDefault(IsFree) is { } same)
                Pair(name, same);
            else
                rest.Add(name);
        }
        wanted.RemoveAll(name => !IsFree(name));
        if (rest.Count > MaxForSlips || wanted.Count > MaxForSlips)
            return;
        foreach (var name in rest)
        {
            if (ClosestMatch.Of(name, wanted.Where(IsFree)) is { } near)
                Pair(name, near);
        }
    }

    /// <summary>How many pairs there are.</summary>
    public int Count => _modelNames.Count;

    /// <summary>The pairs, in the file's order: its name, and the model's.</summary>
    public IEnumerable<(string File, string Model)> Pairs => _modelNames.Select(pair => (pair.Key, pair.Value));

    /// <summary>What is said of a column of either side; null where nothing is near.</summary>
    public string? SentenceOf(string name) =>
        _modelNames.TryGetValue(name, out var model) ? Sentence(name, model)
        : _fileNames.TryGetValue(name, out var file) ? Sentence(file, name)
        : null;

    public static string Sentence(string file, string model) =>
        $"{NameKey.Show(file)} is near {NameKey.Show(model)}: {Difference(file, model)}.";

    /// <summary>"they differ in capitals"</summary>
    public static string Difference(string file, string model) =>
        "they differ in " + (NameKey.Of(file) == NameKey.Of(model) ? NameKey.Difference(file, model) : "a letter or two");

    bool IsFree(string model) => !_fileNames.ContainsKey(model);

    void Pair(string file, string model)
    {
        _modelNames.Add(file, model);
        _fileNames.Add(model, file);
    }
}
