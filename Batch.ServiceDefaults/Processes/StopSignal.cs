using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Batch.ServiceDefaults.Processes;

/// <summary>What ends the process cleanly: the end of its standard input where it has a parent to serve, else SIGTERM and SIGINT.</summary>
/// <remarks>
/// Ctrl-C and service managers signal the whole group of processes at once. A parent still has chunks in hand then, and needs its
/// servers for them: with a parent, signals are for the parent to act upon.
/// A parent that holds the other end of our standard input keeps us alive by living: however it ends, also by kill -9, the
/// operating system closes the pipe. The ClickHouse engine, being made for the command line, has statements that read standard
/// input too (<c>input()</c>); so the pipe is moved out of sight and /dev/null put in its place.
/// </remarks>
internal sealed partial class StopSignal : IDisposable
{
    readonly CancellationTokenSource _stopping = new();
    readonly PosixSignalRegistration[] _registrations;

    internal StopSignal(bool watchStandardInput)
    {
        Action<PosixSignalContext> act = watchStandardInput ? static context => context.Cancel = true : Stop;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, act),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, act),
        ];
        var input = TakeStandardInput();
        if (watchStandardInput)
        {
            // A thread, because a read of a pipe cannot be cancelled; a background one, because it must not keep the process.
            new Thread(() => WatchStandardInput(input)) { IsBackground = true, Name = "parent" }.Start();
        }
    }

    internal CancellationToken Token => _stopping.Token;

    internal Task WaitAsync()
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _stopping.Token.Register(stopped.SetResult);
        return stopped.Task;
    }

    void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        if (context.Signal == PosixSignal.SIGINT && _stopping.IsCancellationRequested)
            // Ctrl-C again. Not the usual way: that would wait for, or tear down, what is under way.
            _exit(ExitCode.Interrupted);
        _stopping.Cancel();
    }

    static SafeFileHandle TakeStandardInput()
    {
        const int StandardInput = 0;
        var input = new SafeFileHandle(dup(StandardInput), ownsHandle: true);
        using var nothing = File.OpenHandle("/dev/null");
        _ = dup2((int)nothing.DangerousGetHandle(), StandardInput);
        return input;
    }

    void WatchStandardInput(SafeFileHandle input)
    {
        try
        {
            using var stream = new FileStream(input, FileAccess.Read, bufferSize: 0);
            Span<byte> buffer = stackalloc byte[256];
            while (stream.Read(buffer) > 0)
            {
            }
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or UnauthorizedAccessException)
        {
            // Closed from the start, or not readable: there is no parent that waits.
        }
        _stopping.Cancel();
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }

    [LibraryImport("libc")]
    private static partial int dup(int descriptor);

    [LibraryImport("libc")]
    private static partial void _exit(int status);

    [LibraryImport("libc")]
    private static partial int dup2(int from, int to);
}
