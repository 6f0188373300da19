using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Batch.Tests.Deployment;

namespace Batch.Tests.Cli;

/// <summary>The <c>batch</c> that people start, as a process of its own: off a terminal, or on one of a given size.</summary>
internal static partial class BatchProcess
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static string Program { get; } = Repository.Built("Batch.Cli", "batch.dll");

    /// <summary>A pseudo-terminal can be had: <c>script</c> of util-linux is there.</summary>
    public static bool HasTerminal => OperatingSystem.IsLinux() && File.Exists("/usr/bin/script");

    /// <summary>Output and error stream are pipes.</summary>
    public static Task<CliRun> RunAsync(CliWorld world, params string[] arguments) => StartAsync(world, ["dotnet", "exec", Program, .. arguments]);

    /// <summary>A line for bash, in which <c>batch</c> is the program.</summary>
    public static Task<CliRun> ShellAsync(CliWorld world, string line) =>
        StartAsync(world, ["bash", "-c", $"batch() {{ dotnet exec '{Program}' \"$@\"; }}; {line}"]);

    /// <summary>All that appears on a terminal of so many columns, escape sequences included; the error stream goes there too.</summary>
    /// <param name="interruptAfter">Press Ctrl-C once this has appeared.</param>
    public static Task<CliRun> OnTerminalAsync(CliWorld world, int columns, string arguments, string? interruptAfter = null) =>
        StartAsync(world, ["script", "-qec", $"stty cols {columns} rows 40; exec dotnet exec '{Program}' {arguments}", "/dev/null"], interruptAfter);

    /// <summary>What stood on the terminal's lines, one after the other: drawn over or not, without escape sequences.</summary>
    public static IEnumerable<string> Lines(string screen) =>
        Escape().Replace(screen, "").Split('\n', '\r').Where(line => line.Length > 0);

    [GeneratedRegex("\e\\[[0-9;?]*[A-Za-z]")]
    public static partial Regex Escape();

    [GeneratedRegex("\e\\[[0-9;]+m")]
    public static partial Regex Colour();

    static async Task<CliRun> StartAsync(CliWorld world, string[] command, string? interruptAfter = null)
    {
        var start = new ProcessStartInfo(command[0],
            command[1..])
        { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("BATCH_", StringComparison.Ordinal) || name is "NO_COLOR" or "TENANT_HEADER")
            .ToList())
            start.Environment.Remove(name);
        start.Environment["TERM"] = "xterm-256color";
        foreach (var (name, value) in world.Variables)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            if (interruptAfter is null && world.Input.Length > 0)
            {
                await process.StandardInput.WriteAsync(world.Input);
                process.StandardInput.Close();
            }
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            var output = new StringBuilder();
            var buffer = new char[4096];
            for (int read; (read = await process.StandardOutput.ReadAsync(buffer, limit.Token)) > 0;)
            {
                output.Append(buffer, 0, read);
                if (interruptAfter is not null && output.ToString().Contains(interruptAfter, StringComparison.Ordinal))
                {
                    interruptAfter = null;
                    await process.StandardInput.WriteAsync('\x03');
                    await process.StandardInput.FlushAsync(limit.Token);
                }
            }
            await process.WaitForExitAsync(limit.Token);
            return new(process.ExitCode, output.ToString(), await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
