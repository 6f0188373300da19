using System.Runtime.InteropServices;

namespace Batch.AppHost;

/// <summary>Asks a process to stop in good order.</summary>
static partial class StopRequest
{
    const int SigTerm = 15;

    /// <returns>False: it is not there any more, or cannot be asked on this system.</returns>
    public static bool Send(int processId) => !OperatingSystem.IsWindows() && kill(processId, SigTerm) == 0;

    [LibraryImport("libc")]
    private static partial int kill(int processId, int signal);
}
