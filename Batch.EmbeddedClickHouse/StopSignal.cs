using System.Runtime.InteropServices;

namespace Batch.EmbeddedClickHouse;

/// <summary>SIGTERM, SIGINT and, where asked for, the end of standard input: the process is to end cleanly.</summary>
/// <remarks>
/// A parent that holds the other end of our standard input keeps us alive by living: however it ends, also by kill -9, the
/// operating system closes the pipe.
/// </remarks>
internal sealed class StopSignal : IDisposable
{
    readonly CancellationTokenSource _stopping = new();
    readonly PosixSignalRegistration[] _registrations;

    internal StopSignal(bool watchStandardInput)
    {
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop),
        ];
        if (watchStandardInput)
        {
            // A thread, because a read of a pipe cannot be cancelled; a background one, because it must not keep the process.
            new Thread(WatchStandardInput) { IsBackground = true, Name = "parent" }.Start();
        }
    }

    internal CancellationToken Token => _stopping.Token;

    internal Task WaitAsync() => Task.Delay(Timeout.Infinite, _stopping.Token).ContinueWith(_ => { }, TaskScheduler.Default);

    void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        _stopping.Cancel();
    }

    void WatchStandardInput()
    {
        using var input = Console.OpenStandardInput();
        Span<byte> buffer = stackalloc byte[256];
        while (input.Read(buffer) > 0)
        {
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
}
