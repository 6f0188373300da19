using System.Text.RegularExpressions;
using Batch.Tests.Deployment;

namespace Batch.Tests.Docs;

/// <summary>What the pages say of the source is there, and a paragraph can be read in one go.</summary>
[Trait("Tier", "unit")]
public sealed partial class PageTests
{
    const int MaxWords = 120;

    static readonly Lazy<string> Tests = new(() =>
        string.Join('\n', new[] { "Batch.Tests", "Batch.LogTests" }.SelectMany(project => Repository.CSharpFiles(project)).Select(File.ReadAllText)));

    static readonly Lazy<HashSet<string>> TypesAndMethods = new(() =>
    [
        .. Repository.CSharpFiles()
            .SelectMany(file => TypeOrMethod().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value),
    ]);

    public static TheoryData<string> Prose =>
    [
        .. Directory.GetFiles(Repository.File("docs"), "*.md").Select(page => Path.GetRelativePath(Repository.Root, page)).Order(),
        "DESIGN.md", "README.md", "CONTRIBUTING.md",
    ];

    [Theory]
    [MemberData(nameof(Prose))]
    public void No_paragraph_list_item_or_table_cell_is_longer_than_120_words(string page) =>
        Assert.Equal([], Passages(File.ReadAllLines(Repository.File(page)))
            .Where(passage => Words(passage.Text) > MaxWords)
            .Select(passage => $"{page}:{passage.Line} has {Words(passage.Text)} words."));

    [Fact]
    public void Words_are_counted_by_paragraph_item_and_cell()
    {
        string[] page = ["# Title", "one two", "three", "", "- four five", "  six", "- seven", "```", "not counted", "```", "| eight nine | ten |"];

        Assert.Equal(["one two three", "- four five   six", "- seven", "eight nine", "ten"], Passages(page).Select(passage => passage.Text));
    }

    [Fact]
    public void Every_test_that_DESIGN_names_exists()
    {
        var named = NamedTest().Matches(File.ReadAllText(Repository.File("DESIGN.md")))
            .Select(match => (Class: match.Groups[1].Value, Method: match.Groups[2].Value)).ToList();

        Assert.True(named.Count > 50);
        Assert.Equal([], named.Where(test => !Tests.Value.Contains($"class {test.Class}", StringComparison.Ordinal)
            || (test.Method.Length > 0 && !Tests.Value.Contains($" {test.Method}(", StringComparison.Ordinal))).Select(test => $"{test.Class}.{test.Method}"));
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("DESIGN.md")]
    [InlineData("CONTRIBUTING.md")]
    public void Every_source_file_that_the_page_names_exists(string page)
    {
        var files = SourceFile().Matches(File.ReadAllText(Repository.File(page))).Select(match => match.Value).Distinct();
        Assert.Equal([], files.Where(file => !Path.Exists(Repository.File(file))));
    }

    [Fact]
    public void Every_type_and_method_that_CONTRIBUTING_names_exists()
    {
        var named = Named().Matches(File.ReadAllText(Repository.File("CONTRIBUTING.md"))).Select(match => match.Groups[1].Value).Distinct().ToList();

        Assert.True(named.Count > 40);
        Assert.Equal([], named.Where(name => !TypesAndMethods.Value.Contains(name) && Type.GetType($"System.{name}") is null));
    }

    static int Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;

    /// <summary>Paragraphs, list items and table cells; code blocks and headings are none.</summary>
    static IEnumerable<(int Line, string Text)> Passages(IReadOnlyList<string> lines)
    {
        var (open, start, isCode) = (new List<string>(), 0, false);
        for (var i = 0; i <= lines.Count; i++)
        {
            var line = i < lines.Count ? lines[i] : "";
            var isFence = line.StartsWith("```", StringComparison.Ordinal);
            var isRow = line.StartsWith('|');
            if (open.Count > 0 && (isFence || isRow || line.StartsWith('#') || string.IsNullOrWhiteSpace(line) || ListItem().IsMatch(line)))
            {
                yield return (start, string.Join(' ', open));
                open.Clear();
            }
            isCode ^= isFence;
            if (isCode || isFence || line.StartsWith('#') || string.IsNullOrWhiteSpace(line))
                continue;
            if (isRow)
            {
                foreach (var cell in CellBorder().Split(line).Where(cell => !string.IsNullOrWhiteSpace(cell)))
                    yield return (i + 1, cell.Trim());
                continue;
            }
            if (open.Count == 0)
                start = i + 1;
            open.Add(line);
        }
    }

    [GeneratedRegex(@"^\s*([-*]|\d+\.)\s")]
    private static partial Regex ListItem();

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex CellBorder();

    [GeneratedRegex(@"`(\w+Tests)(?:\.(\w+))?`")]
    private static partial Regex NamedTest();

    [GeneratedRegex(@"\bBatch\.\w+(?:/\w+)+(?:\.\w+)*\.cs\b")]
    private static partial Regex SourceFile();

    // `ChunkValidator`, `ClickHouseClient.Once`, `IValueParser<T>`; not `Batch.Core`
    [GeneratedRegex(@"`(?!Batch\.)([A-Z][a-z]\w*|I[A-Z][a-z]\w*)(?:<T>)?(?:\.[A-Z]\w+)?`")]
    private static partial Regex Named();

    [GeneratedRegex(@"\b((?<=\b(?:class|struct|record|interface|enum)\s)\w+|\w+(?=\())")]
    private static partial Regex TypeOrMethod();
}
