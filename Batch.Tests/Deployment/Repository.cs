namespace Batch.Tests.Deployment;

/// <summary>The folder of the solution.</summary>
static class Repository
{
    public static string Root { get; } = Find();

    public static string File(params string[] path) => Path.Combine([Root, .. path]);

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
