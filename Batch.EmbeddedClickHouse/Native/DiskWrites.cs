using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Batch.EmbeddedClickHouse.Native;

/// <summary>Stands between libchdb and the disk: a write that finds no room waits until there is some.</summary>
/// <remarks>
/// libchdb 26.7 ignores a <c>write</c> that fails. On a full disk it acknowledges an insert whose part has empty files, puts an empty part in the
/// place of those that it merged, and creates tables without a definition. So it must never see such a failure: no room is waited
/// for, and a disk that fails otherwise ends the process, because only what is on the disk counts at the next start.
/// </remarks>
internal static unsafe partial class DiskWrites
{
    const int IoError = 5, NoMemory = 12, FileTooLarge = 27, NoSpace = 28, ReadOnly = 30, QuotaExceeded = 122;
    const int InputOutputErrorExit = 74;

    static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(50);
    static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(30);

    static string _folder = "";
    static CancellationToken _stopping;
    static long _saidAt;

    /// <summary>Leads the library's writes through here. Before its first call.</summary>
    /// <param name="library">What dlopen returned.</param>
    /// <param name="folder">Named to the person who reads standard error.</param>
    /// <param name="stopping">What waits then is given up, and the process with it: nothing that waits was acknowledged.</param>
    internal static void Guard(nint library, string folder, CancellationToken stopping)
    {
        (_folder, _stopping) = (folder, stopping);
        // Opened now: while the engine starts, its own standard error leads elsewhere.
        _ = Console.Error;
        var imports = new LibraryImports(library);
        imports.Replace("write", (nint)(delegate* unmanaged[Cdecl]<int, byte*, nuint, nint>)&Write);
        imports.Replace("pwrite", (nint)(delegate* unmanaged[Cdecl]<int, byte*, nuint, long, nint>)&WriteAt);
        imports.Replace("fsync", (nint)(delegate* unmanaged[Cdecl]<int, int>)&Flush);
        imports.Replace("fdatasync", (nint)(delegate* unmanaged[Cdecl]<int, int>)&FlushData);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static nint Write(int file, byte* bytes, nuint length)
    {
        while (true)
        {
            var written = write(file, bytes, length);
            if (written >= 0 || !IsWaitedFor(Marshal.GetLastPInvokeError()))
            {
                return written;
            }
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static nint WriteAt(int file, byte* bytes, nuint length, long offset)
    {
        while (true)
        {
            var written = pwrite(file, bytes, length, offset);
            if (written >= 0 || !IsWaitedFor(Marshal.GetLastPInvokeError()))
            {
                return written;
            }
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static int Flush(int file) => Flushed(fsync(file));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static int FlushData(int file) => Flushed(fdatasync(file));

    // What a flush did not write is lost to a second one too.
    static int Flushed(int result)
    {
        var error = Marshal.GetLastPInvokeError();
        if (result != 0 && error is IoError or NoSpace or QuotaExceeded)
        {
            End(error);
        }
        Marshal.SetLastSystemError(error);
        return result;
    }

    // The descriptor may be a socket or a pipe, whose errors are the caller's.
    static bool IsWaitedFor(int error)
    {
        switch (error)
        {
            case NoSpace or QuotaExceeded or NoMemory:
                Wait(error);
                return true;
            case IoError or ReadOnly or FileTooLarge:
                End(error);
                return false;
            default:
                Marshal.SetLastSystemError(error);
                return false;
        }
    }

    static void Wait(int error)
    {
        if (_stopping.IsCancellationRequested)
        {
            _exit(0);
        }
        var said = Interlocked.Read(ref _saidAt);
        if ((said == 0 || TimeProvider.System.GetElapsedTime(said) > SayEvery)
            && Interlocked.CompareExchange(ref _saidAt, TimeProvider.System.GetTimestamp(), said) == said)
        {
            Console.Error.WriteLine($"ClickHouse cannot write to '{_folder}': {Marshal.GetPInvokeErrorMessage(error)}. It waits and goes on when it can.");
        }
        // The thread is the engine's own, and holding it is the point.
#pragma warning disable RS0030
        Thread.Sleep(RetryDelay);
#pragma warning restore RS0030
    }

    static void End(int error)
    {
        Console.Error.WriteLine($"ClickHouse cannot write to '{_folder}': {Marshal.GetPInvokeErrorMessage(error)}. It ends, and keeps what was acknowledged.");
        _exit(InputOutputErrorExit);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int file, byte* bytes, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwrite(int file, byte* bytes, nuint length, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(int file);

    [LibraryImport("libc")]
    private static partial void _exit(int status);
}
