using System.Text.RegularExpressions;
using Batch.Tests.Deployment;

namespace Batch.Tests.Architecture;

/// <summary>The folders of a library build on each other in one direction: what stands below can be read, and changed, without what stands above.</summary>
/// <remarks>
/// Read from the sources: a file's namespace and its usings. What lies deeper than a library's folders (<c>Batch.Core.Log.Kafka</c>) counts
/// with its folder; those of jobs are held to the same among themselves.
/// A library's own namespace needs no using in those below it, so there the names of its types count.
/// </remarks>
[Trait("Tier", "unit")]
public sealed partial class NamespaceTests
{
    [Theory]
    [InlineData("Batch.AppHost")]
    [InlineData("Batch.Client")]
    [InlineData("Batch.Core")]
    [InlineData("Batch.Core.Jobs", "Batch.Core", "Jobs")]
    [InlineData("Batch.Csv")]
    [InlineData("Batch.Primitives")]
    public void No_namespace_of_a_project_uses_one_that_uses_it(string project, params string[] folder)
    {
        var uses = Uses(project, Sources(folder.Length == 0 ? [project] : folder));

        Assert.Equal([], uses.Keys.Where(area => Reached(uses, area).Contains(area)).Order()
            .Select(area => $"{area} uses {string.Join(", ", uses[area].Where(used => Reached(uses, used).Contains(area)).Order())}"));
    }

    [Fact]
    public void Reading_files_knows_nothing_of_the_wire_the_log_or_ClickHouse()
    {
        var strangers = Sources(["Batch.Csv"]).SelectMany(file => Using().Matches(file.Text).Select(match => $"{match.Groups[1].Value} ({file.Name})"))
            .Where(used => !used.StartsWith("System", StringComparison.Ordinal) && !used.StartsWith("Batch.Csv", StringComparison.Ordinal)
                && !used.StartsWith("Batch.Primitives", StringComparison.Ordinal));

        Assert.Equal([], strangers);
        Assert.DoesNotContain("PackageReference", File.ReadAllText(Repository.File("Batch.Csv", "Batch.Csv.csproj")));
    }

    static List<(string Name, string Text)> Sources(string[] folder) =>
    [
        .. Repository.CSharpFiles(folder)
            .Select(file => (Path.GetFileName(file), Comment().Replace(File.ReadAllText(file), ""))),
    ];

    /// <summary>Each area with those that it uses.</summary>
    static Dictionary<string, HashSet<string>> Uses(string project, List<(string Name, string Text)> files)
    {
        var placed = files.Select(file => (Area: AreaOf(project, Namespace().Match(file.Text).Groups[1].Value), file.Text))
            .Where(file => file.Area is not null).ToList();
        Assert.NotEmpty(placed);
        var rootTypes = placed.Where(file => file.Area == project).SelectMany(file => TypeName().Matches(file.Text).Select(match => match.Groups[1].Value))
            .ToHashSet();
        var uses = placed.Select(file => file.Area!).Distinct().ToDictionary(area => area, _ => new HashSet<string>());
        foreach (var (area, text) in placed)
        {
            foreach (Match match in Using().Matches(text))
                if (AreaOf(project, match.Groups[1].Value) is { } used && used != area && uses.ContainsKey(used))
                    uses[area!].Add(used);
            if (area != project && Word().Matches(text).Any(word => rootTypes.Contains(word.Value)))
                uses[area!].Add(project);
        }
        return uses;
    }

    static HashSet<string> Reached(Dictionary<string, HashSet<string>> uses, string from)
    {
        var reached = new HashSet<string>();
        var next = new Stack<string>([from]);
        while (next.TryPop(out var area))
            foreach (var used in uses[area])
                if (reached.Add(used))
                    next.Push(used);
        return reached;
    }

    /// <summary>The project itself, or what stands one step below it; null outside of it.</summary>
    static string? AreaOf(string project, string name) =>
        name == project ? project
        : name.StartsWith(project + ".", StringComparison.Ordinal) ? $"{project}.{name[(project.Length + 1)..].Split('.')[0]}"
        : null;

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^using (?:static )?(?:\w+ = )?([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex(@"^(?:\w+ )*(?:class|struct|interface|enum|record) (\w+)", RegexOptions.Multiline)]
    private static partial Regex TypeName();

    [GeneratedRegex(@"\b[A-Z]\w*")]
    private static partial Regex Word();

    [GeneratedRegex("//.*")]
    private static partial Regex Comment();
}
