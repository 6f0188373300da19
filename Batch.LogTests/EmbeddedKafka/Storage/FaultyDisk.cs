using Batch.EmbeddedKafka.Storage;
using Microsoft.Win32.SafeHandles;

namespace Batch.Tests.EmbeddedKafka.Storage;

/// <summary>A disk that fails when told to, the way a real one does: a write that fails has written a part.</summary>
sealed class FaultyDisk : LogDisk
{
    public const int NoSpace = 28, IoError = 5;
    readonly ManualResetEventSlim _open = new(true);
    int _flushes;
    int _flushing;
    int _calls;

    /// <summary>Room left in bytes; a write that passes it writes what fits and fails.</summary>
    public long Room { get; set; } = long.MaxValue;
    public int? FlushError { get; set; }
    public int? FolderError { get; set; }
    public int? CutError { get; set; }
    public long Free { get; set; } = long.MaxValue;
    public TimeSpan FlushTime { get; set; }
    public int Flushes => _flushes;
    public int MostFlushesAtOnce { get; private set; }

    /// <summary>The one flush, by its number, that fails.</summary>
    public int FailingFlush { get; set; } = -1;

    /// <summary>Calls that change the disk so far.</summary>
    public int Calls => _calls;

    /// <summary>The process "dies" at this call and at every later one; a write is half done.</summary>
    public int DiesAt { get; set; } = int.MaxValue;

    public void HoldFlushes() => _open.Reset();
    public void ReleaseFlushes() => _open.Set();

    public override void Write(SafeFileHandle file, IReadOnlyList<ReadOnlyMemory<byte>> parts, long position)
    {
        if (Interlocked.Increment(ref _calls) >= DiesAt)
        {
            base.Write(file, [parts[0][..(parts[0].Length / 2)]], position);
            throw new DeadException();
        }
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
        Step();
        var number = Interlocked.Increment(ref _flushes);
        MostFlushesAtOnce = Math.Max(MostFlushesAtOnce, Interlocked.Increment(ref _flushing));
        if (FlushTime > TimeSpan.Zero)
            Thread.Sleep(FlushTime);
        if (!_open.Wait(TimeSpan.FromSeconds(30)))
            throw new TimeoutException("The test did not let the disk go on.");
        Interlocked.Decrement(ref _flushing);
        if (number == FailingFlush)
            throw new IOException("Input/output error", IoError);
        if (FlushError is { } error)
            throw new IOException("Input/output error", error);
        base.Flush(file);
    }

    public override void Cut(SafeFileHandle file, long length)
    {
        Step();
        if (CutError is { } error)
            throw new IOException("Input/output error", error);
        base.Cut(file, length);
    }

    public override long FreeBytes(string directory) => Free;

    public override void Replace(string from, string to)
    {
        Step();
        base.Replace(from, to);
    }

    public override void MoveFolder(string from, string to)
    {
        Step();
        base.MoveFolder(from, to);
    }

    public override void DeleteFolder(string path)
    {
        if (Interlocked.Increment(ref _calls) >= DiesAt)
        {
            if (Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).FirstOrDefault() is { } file)
                File.Delete(file);
            throw new DeadException();
        }
        base.DeleteFolder(path);
    }

    public override void FlushFolder(string path)
    {
        Step();
        if (FolderError is { } error)
            throw new IOException("Input/output error", error);
        base.FlushFolder(path);
    }

    void Step()
    {
        if (Interlocked.Increment(ref _calls) >= DiesAt)
            throw new DeadException();
    }

    public sealed class DeadException() : Exception("The process has died.");
}
