using System.Text;
using System.Text.RegularExpressions;

namespace Batch.Tests.Docs;

/// <summary>Every command in docs/ is run, page by page, and prints what its page says it does.</summary>
/// <remarks>
/// <code>
/// ```csv data.csv        a file
/// ```bash                run; "# exits with 3" at the end of it says that it fails, and how
/// ```text  ```json       right below: what it prints
/// ```sh                  not run here: what needs containers or never ends (their programs are listed in <see cref="NotRun"/>)
/// </code>
/// With <c>BATCH_DOCS=update</c> in the environment the pages are updated to the current output; review the diff before you commit it.
/// </remarks>
[Collection("end to end")]
[Trait("Tier", "system")]
public sealed partial class DocumentationTests
{
    static readonly string[] NotRun =
        ["docker", "dotnet", "kubectl", "rpk", "prometheus", "export", "env Kafka__", "KAFKA_BOOTSTRAP=", "BATCH_TEST_KAFKA=", "#", "cd", "source"];

    internal static string Root
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder.FullName, "Batch.sln")))
                folder = folder.Parent ?? throw new InvalidOperationException("Batch.sln is not above the tests.");
            return folder.FullName;
        }
    }

    static string[] Files => Directory.GetFiles(Path.Combine(Root, "docs"), "*.md");

    public static TheoryData<string> Pages => [.. Files.Select(page => Path.GetFileName(page)).Order()];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Commands_of_the_page_print_what_it_says(string page)
    {
        var path = Path.Combine(Root, "docs", page);
        var blocks = DocBlock.Read(path);
        if (!blocks.Any(block => block.Language == "bash"))
            return;
        var updates = new Dictionary<int, string>();
        await using var shell = await DocShell.StartAsync();
        for (var i = 0; i < blocks.Count; i++)
        {
            var block = blocks[i];
            if (block.File is { } file)
                await File.WriteAllTextAsync(Path.Combine(shell.Folder, file), block.Text + "\n");
            if (block.Language != "bash")
                continue;
            var (output, exitCode) = await shell.RunAsync(block.Text);
            var wanted = ExitCode().Match(block.Text) is { Success: true } said ? int.Parse(said.Groups[1].Value) : 0;
            Assert.True(wanted == exitCode, $"{page}:{block.Line} exited with {exitCode}:\n{output}");
            if (i + 1 < blocks.Count && blocks[i + 1] is { Follows: true, File: null, Language: "text" or "json" } expected)
            {
                updates[expected.Line] = DocExpectation.Shown(expected.Language, output);
                if (Environment.GetEnvironmentVariable("BATCH_DOCS") != "update")
                    Assert.True(DocExpectation.Difference(expected, output) is not { } difference,
                        $"{page}:{block.Line}: {DocExpectation.Difference(expected, output)}");
            }
        }
        if (Environment.GetEnvironmentVariable("BATCH_DOCS") == "update")
            await UpdateAsync(path, updates);
    }

    [Fact]
    public void Unrun_shell_blocks_use_only_unavailable_programs()
    {
        foreach (var page in Files)
        {
            foreach (var block in DocBlock.Read(page).Where(block => block.Language == "sh"))
            {
                foreach (var line in block.Text.Split('\n').Where(line => line.Length > 0 && !char.IsWhiteSpace(line[0])))
                    Assert.True(NotRun.Any(program => line.StartsWith(program, StringComparison.Ordinal)),
                        $"{page}:{block.Line}: '{line}' could be run: say bash.");
            }
        }
    }

    [Fact]
    public void Links_between_pages_and_to_files_lead_somewhere()
    {
        foreach (var page in Files.Append(Path.Combine(Root, "README.md")).Append(Path.Combine(Root, "DESIGN.md")))
        {
            foreach (Match link in Link().Matches(File.ReadAllText(page)))
            {
                var target = link.Groups[1].Value.Split('#')[0];
                if (target.Length > 0 && !target.Contains("://", StringComparison.Ordinal))
                    Assert.True(Path.Exists(Path.Combine(Path.GetDirectoryName(page)!, target)),
                        $"{Path.GetFileName(page)} links to {target}, which is not there.");
            }
        }
    }

    static async Task UpdateAsync(string path, Dictionary<int, string> updates)
    {
        var text = new StringBuilder();
        var lines = await File.ReadAllLinesAsync(path);
        for (var i = 0; i < lines.Length; i++)
        {
            text.Append(lines[i]).Append('\n');
            if (!updates.TryGetValue(i + 1, out var output))
                continue;
            text.Append(output).Append('\n');
            i = Array.IndexOf(lines, "```", i + 1) - 1;
        }
        await File.WriteAllTextAsync(path, text.ToString());
    }

    [GeneratedRegex(@"# exits with (\d+)")]
    private static partial Regex ExitCode();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
