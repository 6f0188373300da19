using System.Text.RegularExpressions;

namespace Batch.EmbeddedClickHouse.Engine;

/// <summary>The definition of a table or database that the engine cannot read: it is moved aside, so that all others can be used.</summary>
/// <remarks>
/// A power cut can leave the files of a new table empty or torn, and the engine then refuses to start for the sake of one table.
/// Nothing is deleted: definitions are kept in <c>set-aside</c>, and rows stay in <c>store</c>. A database's definition says no more than
/// where its tables are, which a link beside it says too, so it is written again.
/// </remarks>
internal static partial class DamagedDefinition
{
    const string Folder = "set-aside", Extension = ".sql";

    /// <summary>Moves the file aside that the engine's complaint names.</summary>
    /// <param name="complaint">
    /// For example <c>Code: 62. DB::Exception: Empty query: Cannot parse definition from metadata file …/t.sql. (SYNTAX_ERROR)</c>.
    /// </param>
    /// <returns>What was done, as a sentence; null where the complaint is about something else.</returns>
    internal static string? SetAside(string data, string complaint)
    {
        if (!Torn().IsMatch(complaint))
        {
            return null;
        }
        foreach (var path in Definition().Matches(complaint).Select(match => Path.GetFullPath(match.Value, data)))
        {
            if (!path.StartsWith(data + Path.DirectorySeparatorChar, StringComparison.Ordinal) || !File.Exists(path))
            {
                continue;
            }
            var kept = PathFor(Path.Combine(data, Folder), path);
            File.Move(path, kept);
            var name = Path.GetFileNameWithoutExtension(path);
            var table = path[..^Extension.Length];
            if (Guid.TryParse(Path.GetFileName(new FileInfo(table).LinkTarget), out var id))
            {
                File.WriteAllText(path, $"ATTACH DATABASE _ UUID '{id}'\nENGINE = Atomic\n");
                return $"The definition of the database {name} was damaged and has been written again; the former one is '{kept}'. {complaint}";
            }
            return $"The definition of the table {name} is damaged and was moved to '{kept}'. Its rows, if it has any, "
                + $"are still in '{Path.Combine(data, "store")}'. ClickHouse starts without it. {complaint}";
        }
        return null;
    }

    static string PathFor(string folder, string path)
    {
        Directory.CreateDirectory(folder);
        var name = $"{Path.GetFileName(Path.GetDirectoryName(path))}.{Path.GetFileName(path)}";
        return Enumerable.Range(1, int.MaxValue).Select(n => Path.Combine(folder, n == 1 ? name : $"{name}.{n}")).First(kept => !File.Exists(kept));
    }

    // Not for whatever ails a table: one that only lacks memory or a free descriptor must not vanish.
    [GeneratedRegex(@"\((SYNTAX_ERROR|ATTEMPT_TO_READ_AFTER_EOF)\)|Code: (62|32)\.", RegexOptions.CultureInvariant)]
    private static partial Regex Torn();

    [GeneratedRegex(@"(/[^\s'""]+|metadata/[^\s'""/]+)\.sql\b", RegexOptions.CultureInvariant)]
    private static partial Regex Definition();
}
