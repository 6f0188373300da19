using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Batch.EmbeddedKafka.Storage;

/// <summary>One file of a partition, named by the offset of its first record: record batches behind each other, without a gap in their offsets.</summary>
/// <remarks>
/// Offsets that must not be given again are left out by beginning a new segment, so that a batch whose offset is not the one after
/// its predecessor's is known for damaged. The file is opened when it is needed; who rents it has it until he returns it, even where
/// the segment is freed meanwhile.
/// </remarks>
internal sealed class Segment : IDisposable
{
    public const string Extension = ".log";

    readonly OpenFiles _files;
    readonly Lock _gate = new();
    SafeFileHandle? _file;
    int _users;
    bool _usedLately;
    volatile bool _freed;
    long _length;
    long _maxTimestamp = -1;
    volatile Gap[] _gaps = [];

    Segment(string path, long baseOffset, OpenFiles files) => (Path, Base, _files) = (path, baseOffset, files);

    public string Path { get; }
    public long Base { get; }
    public SegmentIndex Index { get; } = new();

    /// <summary>Bytes that are known to be on disk: what readers may see. Set by the writer alone.</summary>
    public long Length
    {
        get => Volatile.Read(ref _length);
        set => Volatile.Write(ref _length, value);
    }

    /// <summary>Time of the last append, Unix milliseconds: what a record without a timestamp is as old as.</summary>
    public long Modified { get; set; }

    /// <summary>Largest timestamp of its records; -1 where there is none.</summary>
    public long MaxTimestamp => Volatile.Read(ref _maxTimestamp);

    public ReadOnlySpan<Gap> Gaps => _gaps;
    public bool IsFreed => _freed;

    public static Segment Open(string path, OpenFiles files)
    {
        var file = new FileInfo(path);
        return new Segment(path, long.Parse(System.IO.Path.GetFileNameWithoutExtension(path), CultureInfo.InvariantCulture), files)
        {
            Length = file.Length,
            Modified = new DateTimeOffset(file.LastWriteTimeUtc).ToUnixTimeMilliseconds(),
        };
    }

    public static Segment Create(string folder, long baseOffset, OpenFiles files)
    {
        var path = PathOf(folder, baseOffset);
        // Truncated, not created: a roll that failed half-way (no room for the folder's entry) leaves an empty file behind.
        System.IO.File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete).Dispose();
        return new Segment(path, baseOffset, files);
    }

    public static string PathOf(string folder, long baseOffset) =>
        System.IO.Path.Combine(folder, baseOffset.ToString("D20", CultureInfo.InvariantCulture) + Extension);

    public static IEnumerable<string> FilesIn(string folder) =>
        Directory.EnumerateFiles(folder, "*" + Extension)
            .Where(path => long.TryParse(System.IO.Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Order(StringComparer.Ordinal);

    /// <summary>Notes a batch that has been written at the end.</summary>
    public void Note(long position, long offset, long maxTimestamp)
    {
        Index.Add(position, offset, _maxTimestamp);
        if (maxTimestamp > _maxTimestamp)
            Volatile.Write(ref _maxTimestamp, maxTimestamp);
    }

    /// <returns>False: somebody has noted this damage before.</returns>
    public bool AddGap(Gap gap)
    {
        lock (_gate)
        {
            if (Array.Exists(_gaps, other => other.From == gap.From))
                return false;
            _gaps = [.. _gaps.Append(gap).OrderBy(each => each.From)];
            return true;
        }
    }

    /// <summary>The file, to be given back by <see cref="Return"/>; false where the segment has been freed.</summary>
    public bool TryRent([NotNullWhen(true)] out SafeFileHandle? file)
    {
        var opened = false;
        lock (_gate)
        {
            if (_freed)
            {
                file = null;
                return false;
            }
            if (_file is null)
            {
                _file = System.IO.File.OpenHandle(Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
                opened = true;
            }
            _users++;
            _usedLately = true;
            file = _file;
        }
        if (opened)
            _files.Opened(this);
        return true;
    }

    public void Return()
    {
        lock (_gate)
        {
            if (--_users == 0 && _freed)
                Close();
        }
    }

    /// <summary>Bytes read, fewer than asked for at the end of the file.</summary>
    public int Read(SafeFileHandle file, long position, Span<byte> target)
    {
        var done = 0;
        while (done < target.Length && RandomAccess.Read(file, target[done..], position + done) is > 0 and var read)
            done += read;
        return done;
    }

    public void ReadFully(SafeFileHandle file, long position, Span<byte> target)
    {
        if (Read(file, position, target) < target.Length)
            throw new IOException($"{Path} ends before byte {position + target.Length}.");
    }

    /// <returns>False: it is in use, or was until just now.</returns>
    public bool TryClose()
    {
        lock (_gate)
        {
            if (_users > 0 || _usedLately)
            {
                _usedLately = false;
                return false;
            }
            Close();
            return true;
        }
    }

    /// <summary>No more rents; the file is closed when the last reader has returned it.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _freed = true;
            if (_users == 0)
                Close();
        }
    }

    public void Delete()
    {
        Dispose();
        System.IO.File.Delete(Path);
    }

    void Close()
    {
        _file?.Dispose();
        _file = null;
    }
}
