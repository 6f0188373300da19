namespace Batch.Tests.Deployment;

/// <summary>The folder of the solution.</summary>
static class Repository
{
    public static string Root { get; } = Find();

    public static string File(params string[] path) => Path.Combine([Root, .. path]);

    /// <summary>What another project was built to, in the configuration of the tests: …/artifacts/bin/Batch.Cli/debug/batch.dll.</summary>
    public static string Built(string project, string file)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(here.Parent!.Parent!.FullName, project, here.Name, file);
    }

    /// <summary>The C# files of a folder and all below it, but for what a build has made. Without a folder: of all projects.</summary>
    public static IEnumerable<string> CSharpFiles(params string[] folder) =>
        (folder.Length == 0 ? Directory.EnumerateDirectories(Root, "Batch.*") : [File(folder)])
        .SelectMany(project => Directory.EnumerateFiles(project, "*.cs", SearchOption.AllDirectories))
        .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (System.IO.File.Exists(Path.Combine(folder.FullName, "Batch.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException("The tests must run from within the repository.");
    }
}
