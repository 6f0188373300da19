using System.Runtime.InteropServices;
using System.Text;

namespace Batch.EmbeddedClickHouse.Native;

/// <summary>Takes what native code writes to standard error: the engine says there, and nowhere else, why it did not start.</summary>
internal sealed partial class StandardErrorCapture : IDisposable
{
    const int StandardError = 2;
    const int MaxBytes = 64 << 10;

    readonly int _before = dup(StandardError);
    readonly FileStream _file = new(
        Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.DeleteOnClose);

    internal StandardErrorCapture() => _ = dup2((int)_file.SafeFileHandle.DangerousGetHandle(), StandardError);

    /// <summary>The last complaint of the engine, without the stack that may follow; where there is none, the last line.</summary>
    internal string Read()
    {
        _file.Position = Math.Max(0, _file.Length - MaxBytes);
        var bytes = new byte[MaxBytes];
        var length = _file.ReadAtLeast(bytes, MaxBytes, throwOnEndOfStream: false);
        var lines = Encoding.UTF8.GetString(bytes, 0, length).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.LastOrDefault(line => line.StartsWith("Code: ", StringComparison.Ordinal)) ?? lines.LastOrDefault() ?? "";
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
