using System.Diagnostics;

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

    /// <summary>Runs a program to its end. Returns its exit code, and what it said on standard output and standard error together.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string program, IReadOnlyList<string> arguments, string? folder = null)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder ?? Repository.Root };
        var (exitCode, output, errors) = await RunAsync(start, TimeSpan.FromMinutes(1));
        return (exitCode, output + errors);
    }

    /// <summary>Runs a process to its end; one that takes longer than <paramref name="limit"/> is killed with all that it has started.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(ProcessStartInfo start, TimeSpan limit)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var deadline = new CancellationTokenSource(limit);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException exception)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{start.FileName} did not end within {limit.TotalSeconds:0} s.", exception);
        }

        return (process.ExitCode, await output, await errors);
    }
}
