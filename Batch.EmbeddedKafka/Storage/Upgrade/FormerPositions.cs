using System.Globalization;

namespace Batch.EmbeddedKafka.Storage.Upgrade;

/// <summary>How far groups had committed in layout 1: a file of lines for each group, the last whole line counts.</summary>
/// <remarks>
/// <code>
/// 5d1e0b7c chunks/0=17 chunks/1=20      in DIR/groups/GROUP.positions
/// 9a40c2f3 chunks/0=18 chunks/1=20
/// 77e0 chu                              torn by a crash: not counted
/// </code>
/// The first word is the CRC-32C of the rest. The files are only read here.
/// </remarks>
internal static class FormerPositions
{
    const string Folder = "groups";
    public const string Extension = ".positions";

    /// <summary>By group; for a partition, the offset of the record that the group wants next.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<(string Topic, int Partition), long>> Read(string directory)
    {
        var groups = new Dictionary<string, IReadOnlyDictionary<(string, int), long>>(StringComparer.Ordinal);
        var folder = Path.Combine(directory, Folder);
        if (Directory.Exists(folder))
            foreach (var path in Directory.EnumerateFiles(folder, "*" + Extension))
                if (ReadFile(path) is { } positions)
                    groups[Path.GetFileNameWithoutExtension(path)] = positions;
        return groups;
    }

    static Dictionary<(string, int), long>? ReadFile(string path)
    {
        var lines = File.ReadAllText(path).Split('\n');
        for (var i = lines.Length - 1; i >= 0; i--)
            if (DurableText.Open(lines[i]) is { } text)
                return Parse(text);
        return null;
    }

    static Dictionary<(string, int), long> Parse(string line)
    {
        var positions = new Dictionary<(string, int), long>();
        foreach (var word in line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var (slash, equals) = (word.LastIndexOf('/'), word.LastIndexOf('='));
            var partition = int.Parse(word.AsSpan(slash + 1, equals - slash - 1), CultureInfo.InvariantCulture);
            positions[(word[..slash], partition)] = long.Parse(word.AsSpan(equals + 1), CultureInfo.InvariantCulture);
        }
        return positions;
    }
}
