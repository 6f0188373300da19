using System.Runtime.InteropServices;

namespace Batch.EmbeddedClickHouse.Native;

/// <summary>Keeps the process's signal handlers as they were while libchdb starts.</summary>
/// <remarks>
/// libchdb takes SIGRTMIN (34), with which .NET's garbage collector suspends threads: the next collection would hang for ever.
/// So all handlers are read before the first connection and those that changed are put back after it. Later connections leave
/// them alone. The layout is glibc's <c>struct sigaction</c> on x64: handler 8 bytes, mask 128, flags 4 (padded to 8), restorer 8.
/// </remarks>
internal sealed unsafe partial class SignalGuard : IDisposable
{
    const int LastSignal = 64;
    const int ActionBytes = 152;

    readonly byte[] _saved = new byte[(LastSignal + 1) * ActionBytes];

    internal SignalGuard()
    {
        fixed (byte* saved = _saved)
        {
            for (var signal = 1; signal <= LastSignal; signal++)
            {
                if (MayBeTaken(signal))
                {
                    _ = sigaction(signal, null, saved + signal * ActionBytes);
                }
            }
        }
    }

    public void Dispose()
    {
        var current = stackalloc byte[ActionBytes];
        fixed (byte* saved = _saved)
        {
            for (var signal = 1; signal <= LastSignal; signal++)
            {
                if (!MayBeTaken(signal) || sigaction(signal, null, current) != 0)
                {
                    continue;
                }
                var before = saved + signal * ActionBytes;
                if (!new ReadOnlySpan<byte>(before, ActionBytes).SequenceEqual(new ReadOnlySpan<byte>(current, ActionBytes)))
                {
                    _ = sigaction(signal, before, null);
                }
            }
        }
    }

    // SIGKILL and SIGSTOP cannot be handled; 32 and 33 are the C library's own.
    static bool MayBeTaken(int signal) => signal is not (9 or 19 or 32 or 33);

    [LibraryImport("libc")]
    private static partial int sigaction(int signal, byte* action, byte* old);
}
