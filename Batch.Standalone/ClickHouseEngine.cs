using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Batch.Standalone;

/// <summary>The ClickHouse engine as a child process, started again should it die.</summary>
/// <remarks>
/// The child's standard input is a pipe that nobody writes to: when this process dies, by kill -9 too, the pipe closes and the
/// child stops. The next start waits for it to let go of its folder.
/// </remarks>
internal sealed class ClickHouseEngine(string data, StandaloneOptions options, ILogger logger) : IAsyncDisposable
{
    static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(90);
    readonly CancellationTokenSource _stopping = new();
    Process? _process;
    Task _supervision = Task.CompletedTask;

    /// <summary>Where it answers; stays the same over restarts.</summary>
    public Uri Address { get; private set; } = new("http://localhost");

    public int ProcessId => _process?.Id ?? 0;

    /// <exception cref="StandaloneException">It did not start; the message is its own.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        (_process, Address) = await LaunchAsync(options.ClickHousePort, cancellationToken);
        _supervision = SuperviseAsync(_process);
    }

    async Task SuperviseAsync(Process process)
    {
        while (true)
        {
            try
            {
                await process.WaitForExitAsync(_stopping.Token);
                StandaloneLog.EngineDied(logger, process.ExitCode);
                process.Dispose();
                (process, _) = await LaunchAsync(Address.Port, _stopping.Token);
                _process = process;
                StandaloneLog.EngineRestarted(logger, process.Id);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (StandaloneException exception)
            {
                StandaloneLog.EngineNotStarted(logger, exception.Message);
                await Task.Delay(TimeSpan.FromSeconds(2), CancellationToken.None);
            }
        }
    }

    async Task<(Process, Uri)> LaunchAsync(int onPort, CancellationToken cancellationToken)
    {
        var start = Executable();
        foreach (var argument in (string[])["--data", data, "--port", $"{onPort}", "--bind", $"{options.Bind}", "--exit-with-parent", "--wait-for-lock", "30"])
            start.ArgumentList.Add(argument);
        if (options.AllowFiles)
            start.ArgumentList.Add("--allow-files");
        if (options.Fsync)
            start.ArgumentList.Add("--fsync");
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;

        var process = new Process { StartInfo = start };
        var ready = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var said = new Queue<string>();
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.IndexOf("http://", StringComparison.Ordinal) is { } at and >= 0)
                ready.TrySetResult(new Uri(line.Data[at..].Trim()));
        };
        process.ErrorDataReceived += (_, line) =>
        {
            if (string.IsNullOrWhiteSpace(line.Data))
                return;
            lock (said)
            {
                said.Enqueue(line.Data);
                if (said.Count > 20)
                    said.Dequeue();
            }
            if (ready.Task.IsCompleted)
                StandaloneLog.EngineSaid(logger, line.Data);
        };
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(StartTimeout);
        try
        {
            var first = await Task.WhenAny(ready.Task, process.WaitForExitAsync(patience.Token));
            if (first == ready.Task)
                return (process, await ready.Task);
        }
        catch (OperationCanceledException)
        {
        }

        cancellationToken.ThrowIfCancellationRequested();
        await StopAsync(process, TimeSpan.FromSeconds(1));
        string reason;
        lock (said)
            reason = said.Count == 0 ? $"It said nothing within {StartTimeout.TotalSeconds:0} seconds." : string.Join(Environment.NewLine, said);
        throw new StandaloneException($"The ClickHouse engine did not start. {reason}");
    }

    static ProcessStartInfo Executable()
    {
        var home = AppContext.BaseDirectory;
        var native = Path.Combine(home, "Batch.EmbeddedClickHouse");
        if (File.Exists(native))
            return new ProcessStartInfo(native);
        var managed = native + ".dll";
        if (!File.Exists(managed))
            throw new StandaloneException($"{managed} is missing: build the whole solution with 'dotnet build Batch.sln'.");
        return new ProcessStartInfo("dotnet") { ArgumentList = { "exec", managed } };
    }

    static async Task StopAsync(Process process, TimeSpan patience)
    {
        try
        {
            process.StandardInput.Close();
            using var limit = new CancellationTokenSource(patience);
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // Never started, or gone already.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _supervision;
        if (_process is { } process)
        {
            await StopAsync(process, TimeSpan.FromSeconds(20));
            process.Dispose();
        }
        _stopping.Dispose();
    }
}
