using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Batch.Tests.Deployment;

/// <summary>The images are built from a copy of some folders: it must be all that they need.</summary>
[Trait("Tier", "unit")]
public sealed partial class DockerfileTests
{
    [Fact]
    public void Every_project_that_an_image_is_made_of_is_copied_into_its_build()
    {
        var text = File.ReadAllText(Repository.File("Dockerfile"));
        var needed = new SortedSet<string>(StringComparer.Ordinal);
        foreach (Match publish in Published().Matches(text))
            Add(publish.Groups[1].Value, needed);

        Assert.Contains("Batch.Api", needed);
        foreach (var project in needed)
        {
            Assert.Contains($"COPY {project}/*.csproj {project}/\n", text, StringComparison.Ordinal);
            Assert.Contains($"COPY {project}/ {project}/\n", text, StringComparison.Ordinal);
            Assert.DoesNotContain(project, File.ReadAllLines(Repository.File(".dockerignore")));
        }
        // What MSBuild looks for above the projects.
        foreach (var file in new[] { "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "global.json" })
            Assert.Contains(file, text, StringComparison.Ordinal);
    }

    static void Add(string project, SortedSet<string> needed)
    {
        if (!needed.Add(project))
            return;
        var file = XDocument.Load(Repository.File($"{project}/{project}.csproj"));
        foreach (var reference in file.Descendants("ProjectReference"))
            Add(Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value), needed);
    }

    [GeneratedRegex(@"dotnet publish (Batch\.\w+)")]
    private static partial Regex Published();
}
