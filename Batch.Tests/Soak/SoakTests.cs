using System.Diagnostics;
using Batch.Tests.Deployment;

namespace Batch.Tests.Soak;

/// <summary>The soak as a command: a short one, for its longer runs to be worth something.</summary>
[Collection("end to end")]
[Trait("Tier", "system")]
public sealed class SoakTests
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    [Fact]
    public async Task After_some_faults_under_load_every_row_that_was_sent_is_accounted_for()
    {
        var folder = Path.Combine(Path.GetTempPath(), "batch-soak-" + Guid.NewGuid().ToString("N"));
        using var soak = Process.Start(new ProcessStartInfo(
            "dotnet",
            [
                "exec", Repository.Built("Batch.Benchmarks", "Batch.Benchmarks.dll"), "soak", "--minutes", "0.4", "--seed", "5", "--disk-megabytes", "700",
                "--folder", folder,
            ])
        {
            RedirectStandardOutput = true,
        })!;
        try
        {
            var said = await soak.StandardOutput.ReadToEndAsync().WaitAsync(Limit);
            await soak.WaitForExitAsync().WaitAsync(Limit);
            Assert.True(soak.ExitCode == 0, said);
            Assert.Contains("Every row that was sent is accounted for.", said, StringComparison.Ordinal);
        }
        finally
        {
            if (!soak.HasExited)
                soak.Kill(entireProcessTree: true);
            Directory.Delete(folder, recursive: true);
        }
    }
}
