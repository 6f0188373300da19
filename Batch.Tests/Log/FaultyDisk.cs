using Batch.Core.Log.Local;
using Microsoft.Win32.SafeHandles;

namespace Batch.Tests.Log;

/// <summary>A disk that fails when told to, the way a real one does: a write that fails has written a part.</summary>
sealed class FaultyDisk : LogDisk
{
    public const int NoSpace = 28, IoError = 5;
    int _flushes;

    /// <summary>Room left in bytes; a write that passes it writes what fits and fails.</summary>
    public long Room { get; set; } = long.MaxValue;
    public int? FlushError { get; set; }
    public int? CutError { get; set; }
    public long Free { get; set; } = long.MaxValue;
    public TimeSpan FlushTime { get; set; }
    public int Flushes => _flushes;

    public override void Write(SafeFileHandle file, IReadOnlyList<ReadOnlyMemory<byte>> parts, long position)
    {
        foreach (var part in parts)
        {
            var fits = part[..(int)Math.Min(part.Length, Room)];
            base.Write(file, [fits], position);
            position += fits.Length;
            Room -= fits.Length;
            if (fits.Length < part.Length)
                throw new IOException("No space left on device", NoSpace);
        }
    }

    public override void Flush(SafeFileHandle file)
    {
        Interlocked.Increment(ref _flushes);
        if (FlushTime > TimeSpan.Zero)
            Thread.Sleep(FlushTime);
        if (FlushError is { } error)
            throw new IOException("Input/output error", error);
        base.Flush(file);
    }

    public override void Cut(SafeFileHandle file, long length)
    {
        if (CutError is { } error)
            throw new IOException("Input/output error", error);
        base.Cut(file, length);
    }

    public override long FreeBytes(string directory) => Free;
}
