using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Batch.EmbeddedKafka.Storage;

/// <summary>The few calls in which a disk can fail, in one place so that tests can make them fail.</summary>
internal partial class LogDisk
{
    const int NoSpace = 28, QuotaExceeded = 122;

    /// <summary>A new file, in the place of one that is there, with so many bytes of the disk reserved beyond its end.</summary>
    public virtual SafeFileHandle Create(string path, long reserve) =>
        File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.Read, FileOptions.None, reserve);

    public virtual void Write(SafeFileHandle file, IReadOnlyList<ReadOnlyMemory<byte>> parts, long position) =>
        RandomAccess.Write(file, parts, position);

    public virtual void Flush(SafeFileHandle file) => RandomAccess.FlushToDisk(file);

    public virtual void Cut(SafeFileHandle file, long length) => RandomAccess.SetLength(file, length);

    public virtual long FreeBytes(string directory) => new DriveInfo(directory).AvailableFreeSpace;

    /// <summary>Renames a file, over one that is there.</summary>
    public virtual void Replace(string from, string to) => File.Move(from, to, overwrite: true);

    public virtual void MoveFolder(string from, string to) => Directory.Move(from, to);

    public virtual void DeleteFolder(string path) => Directory.Delete(path, recursive: true);

    /// <summary>Makes names in a folder durable: a file that was fsynced is still lost when its folder was not.</summary>
    public virtual void FlushFolder(string path)
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

    public static bool IsFault(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException;

    // EFBIG, a limit on file size, is what .NET reports as an argument out of range.
    public static bool IsFull(Exception e) => e is ArgumentOutOfRangeException or IOException { HResult: NoSpace or QuotaExceeded };

    /// <summary>What clients see of a disk's fault.</summary>
    public static KafkaErrorException Explain(Exception e, string directory) => e switch
    {
        KafkaErrorException already => already,
        _ when IsFull(e) => new KafkaErrorException(KafkaError.KafkaStorageError, $"The disk of the log in {directory} is full.", e),
        _ => new KafkaErrorException(KafkaError.KafkaStorageError, $"The log in {directory} cannot be written: {e.Message}", e),
    };

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);
}
