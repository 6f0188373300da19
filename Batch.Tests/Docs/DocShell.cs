using System.Diagnostics;
using System.Globalization;
using System.Text;
using Batch.Tests.EndToEnd;

namespace Batch.Tests.Docs;

/// <summary>Runs the commands of a page in one shell, as a reader would type them, against a system of their own.</summary>
/// <remarks>Ports are those of the system under test; <c>batch</c> is the command line of this build.</remarks>
public sealed class DocShell : IAsyncDisposable
{
    static readonly TimeSpan TestTimeout = TimeSpan.FromMinutes(2);
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("batch-docs");
    readonly SystemProcesses _system;
    readonly Process _shell;
    readonly StringBuilder _said = new();
    int _commands;

    DocShell(SystemProcesses system)
    {
        _system = system;
        Folder = _folder.CreateSubdirectory("work").FullName;
        _shell = Process.Start(new ProcessStartInfo("bash", ["--noprofile", "--norc"])
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment =
            {
                ["BATCH_API_URL"] = system.ApiAddress.ToString(),
                ["HOME"] = _folder.FullName,
                ["XDG_CONFIG_HOME"] = _folder.FullName,
                ["NO_COLOR"] = "1",
            },
        })!;
        _shell.StandardInput.WriteLine($"batch() {{ dotnet exec '{Path.Combine(AppContext.BaseDirectory, "batch.dll")}' \"$@\"; }}");
    }

    public string Folder { get; }

    public static async Task<DocShell> StartAsync() => new(await SystemProcesses.StartNewAsync(workers: 1));

    /// <summary>What the commands print, on both streams, and the exit code of the last.</summary>
    public async Task<(string Output, int ExitCode)> RunAsync(string commands)
    {
        var end = $"--end-of-command-{++_commands}--";
        await _shell.StandardInput.WriteAsync($"{{\n{Place(commands)}\n}} 2>&1 </dev/null; code=$?; echo; echo '{end}' $code\n");
        await _shell.StandardInput.FlushAsync();
        _said.Clear();
        using var limit = new CancellationTokenSource(TestTimeout);
        while (true)
        {
            var line = await _shell.StandardOutput.ReadLineAsync(limit.Token)
                ?? throw new InvalidOperationException($"The shell ended. It said:\n{_said}");
            if (line.StartsWith(end, StringComparison.Ordinal))
                return (Unplace(_said.ToString().TrimEnd('\n')), int.Parse(line[end.Length..], CultureInfo.InvariantCulture));
            _said.Append(line).Append('\n');
        }
    }

    string Place(string text) => text
        .Replace("localhost:8000", _system.ApiAddress.Authority, StringComparison.Ordinal)
        .Replace("localhost:8123", _system.ClickHouseAddress.Authority, StringComparison.Ordinal)
        .Replace("localhost:9092", _system.KafkaAddress, StringComparison.Ordinal)
        .Replace("localhost:9090", _system.MetricsAddress.Authority, StringComparison.Ordinal);

    string Unplace(string text) => text
        .Replace(_system.ApiAddress.Authority, "localhost:8000", StringComparison.Ordinal)
        .Replace(_system.ClickHouseAddress.Authority, "localhost:8123", StringComparison.Ordinal)
        .Replace(_system.KafkaAddress, "localhost:9092", StringComparison.Ordinal)
        .Replace(_system.MetricsAddress.Authority, "localhost:9090", StringComparison.Ordinal);

    public async ValueTask DisposeAsync()
    {
        _shell.Kill(entireProcessTree: true);
        _shell.Dispose();
        await _system.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
