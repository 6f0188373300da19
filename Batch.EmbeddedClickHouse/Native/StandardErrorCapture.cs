using System.Runtime.InteropServices;
using System.Text;

namespace Batch.EmbeddedClickHouse.Native;

/// <summary>Takes what native code writes to standard error: the engine says there, and nowhere else, why it did not start.</summary>
internal sealed partial class StandardErrorCapture : IDisposable
{
    const int StandardError = 2;
    const int MaxBytes = 4096;

    readonly int _before = dup(StandardError);
    readonly FileStream _file = new(
        Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.DeleteOnClose);

    internal StandardErrorCapture() => _ = dup2((int)_file.SafeFileHandle.DangerousGetHandle(), StandardError);

    /// <summary>The first line, without the stack that may follow.</summary>
    internal string Read()
    {
        _file.Position = 0;
        var bytes = new byte[MaxBytes];
        var length = _file.ReadAtLeast(bytes, MaxBytes, throwOnEndOfStream: false);
        return Encoding.UTF8.GetString(bytes, 0, length).Split('\n').FirstOrDefault(line => line.Length > 0)?.Trim() ?? "";
    }

    public void Dispose()
    {
        _ = dup2(_before, StandardError);
        _ = close(_before);
        _file.Dispose();
    }

    [LibraryImport("libc")]
    private static partial int dup(int descriptor);

    [LibraryImport("libc")]
    private static partial int dup2(int from, int to);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
