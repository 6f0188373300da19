using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Batch.Core.Log.Local;

/// <summary>One file of a partition, named by the offset of its first record.</summary>
internal sealed class Segment : IDisposable
{
    const string Extension = ".log";
    long _length;

    Segment(string path, long baseOffset, SafeFileHandle file)
    {
        Path = path;
        Base = baseOffset;
        File = file;
        _length = RandomAccess.GetLength(file);
    }

    public string Path { get; }
    public long Base { get; }
    public SafeFileHandle File { get; }

    /// <summary>Bytes that are known to be on disk: what readers may see. Set by the writer alone.</summary>
    public long Length
    {
        get => Volatile.Read(ref _length);
        set => Volatile.Write(ref _length, value);
    }

    public static Segment Open(string path)
    {
        var baseOffset = long.Parse(System.IO.Path.GetFileNameWithoutExtension(path), CultureInfo.InvariantCulture);
        return new Segment(path, baseOffset, OpenFile(path, FileMode.Open));
    }

    public static Segment Create(string folder, long baseOffset)
    {
        var path = System.IO.Path.Combine(folder, baseOffset.ToString("D20", CultureInfo.InvariantCulture) + Extension);
        // Not CreateNew: a roll that failed half-way (no room for the folder's entry) leaves an empty file behind.
        return new Segment(path, baseOffset, OpenFile(path, FileMode.OpenOrCreate));
    }

    public static IEnumerable<string> FilesIn(string folder) =>
        Directory.EnumerateFiles(folder, "*" + Extension).Order(StringComparer.Ordinal);

    static SafeFileHandle OpenFile(string path, FileMode mode) =>
        System.IO.File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    public void Delete()
    {
        File.Dispose();
        System.IO.File.Delete(Path);
    }

    public void Dispose() => File.Dispose();
}
