using System.Diagnostics;
using Xunit;

namespace Batch.Tests.Deployment;

/// <summary>Programs of Debian packages that tests use.</summary>
static class Tool
{
    /// <summary>Skips the test where the program is not installed; in CI, which installs it (.ci/packages), that is a failure.</summary>
    public static void Require(string program)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true")
            Assert.True(File.Exists(program), $"{program} is missing: .ci/packages did not install it.");
        Skip.IfNot(File.Exists(program), $"{program} is not installed.");
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string program, IReadOnlyList<string> arguments, string? folder = null)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? Repository.Root,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} did not end.");
        }

        return (process.ExitCode, await output + await errors);
    }
}
