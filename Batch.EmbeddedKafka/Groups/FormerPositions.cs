using System.Globalization;
using System.Text;
using Batch.Primitives;

namespace Batch.EmbeddedKafka.Groups;

/// <summary>How far groups had committed in the log that was there before this broker: a file a group, read once.</summary>
/// <remarks>
/// <code>
/// groups/batch-workers.positions:
/// 5d1e0b7c chunks/0=17 chunks/1=20
/// 9a40c2f3 chunks/0=18 chunks/1=20
/// 77e0 chu                            torn by a crash: not counted
/// </code>
/// The first word is the CRC-32C of the rest; the last whole line counts; an offset is the next to read.
/// </remarks>
internal static class FormerPositions
{
    public const string Extension = ".positions";

    /// <summary>Empty where no line can be read.</summary>
    public static IReadOnlyList<(GroupPartition Partition, long Offset)> Read(string path)
    {
        foreach (var line in File.ReadAllText(path).Split('\n').Reverse())
            if (line.Length > 9 && line[8] == ' ' && $"{Crc32C.Of(Encoding.UTF8.GetBytes(line[9..])):x8}" == line[..8])
                return [.. line[9..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
        return [];
    }

    static (GroupPartition Partition, long Offset) Parse(string word)
    {
        var slash = word.LastIndexOf('/');
        var equals = word.LastIndexOf('=');
        var partition = int.Parse(word.AsSpan(slash + 1, equals - slash - 1), CultureInfo.InvariantCulture);
        return (new GroupPartition(word[..slash], partition), long.Parse(word.AsSpan(equals + 1), CultureInfo.InvariantCulture));
    }
}
