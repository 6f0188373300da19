using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Batch.EmbeddedKafka.Groups;

/// <summary>The few calls in which the disk of the groups' files can fail, in one place so that tests can make them fail.</summary>
internal partial class GroupDisk
{
    public virtual SafeFileHandle Create(string path, long reserve) =>
        File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.Read, FileOptions.None, reserve);

    public virtual void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long position) => RandomAccess.Write(file, bytes, position);

    public virtual void Flush(SafeFileHandle file) => RandomAccess.FlushToDisk(file);

    /// <summary>Makes names in a folder durable: a file that was fsynced is still lost when its folder was not.</summary>
    public virtual void FlushDirectory(string path)
    {
        if (!OperatingSystem.IsLinux())
            return;
        var descriptor = open(path, 0);
        if (descriptor < 0)
            throw new IOException($"Cannot open the folder {path}.", Marshal.GetLastPInvokeError());
        try
        {
            if (fsync(descriptor) != 0)
                throw new IOException($"Cannot flush the folder {path}.", Marshal.GetLastPInvokeError());
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    // EFBIG, a limit on file size, is what .NET reports as an argument out of range.
    public static bool IsFault(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);
}
