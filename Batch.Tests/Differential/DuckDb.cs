using Batch.Tests.Deployment;

namespace Batch.Tests.Differential;

/// <summary>DuckDB out of its npm package, which is installed beside the tests on first use (70 MB).</summary>
static class DuckDb
{
    static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "DuckDb");

    /// <summary>The folder that has <c>read.mjs</c>. Skips the test where npm cannot install it; in CI that is a failure.</summary>
    public static async Task<string> InstallAsync()
    {
        if (Directory.Exists(Path.Combine(Folder, "node_modules", "@duckdb", "node-api")))
            return Folder;
        var reason = "";
        try
        {
            // Not "ci", which wants the packages of all other systems in the lock file too.
            var (exitCode, output) = await Tool.RunAsync("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], Folder);
            if (exitCode == 0)
                return Folder;
            reason = output;
        }
        catch (System.ComponentModel.Win32Exception fault)
        {
            reason = fault.Message;
        }
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true", $"npm could not install DuckDB: {reason}");
        Skip.If(true, $"npm could not install DuckDB: {reason}");
        return Folder;
    }
}
