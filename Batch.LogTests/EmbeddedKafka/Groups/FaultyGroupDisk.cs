using Batch.EmbeddedKafka.Storage;
using Microsoft.Win32.SafeHandles;

namespace Batch.Tests.EmbeddedKafka.Groups;

/// <summary>A disk that fails when told to, the way a real one does: a write that fails has written a part.</summary>
sealed class FaultyGroupDisk : LogDisk
{
    const int NoSpace = 28, IoError = 5;
    readonly ManualResetEventSlim _open = new(true);
    int _flushes;

    /// <summary>Room for new files, and for what is written behind the end of what was reserved.</summary>
    public long Room { get; set; } = long.MaxValue;
    /// <summary>Bytes that writes into files that are there already still take.</summary>
    public long Reserved { get; set; } = long.MaxValue;
    public bool FlushFails { get; set; }
    public int Flushes => Volatile.Read(ref _flushes);

    public void HoldFlushes() => _open.Reset();
    public void ReleaseFlushes() => _open.Set();

    public override SafeFileHandle Create(string path, long reserve) =>
        reserve <= Room ? base.Create(path, reserve) : throw new IOException("No space left on device", NoSpace);

    public override void Write(SafeFileHandle file, IReadOnlyList<ReadOnlyMemory<byte>> parts, long position)
    {
        var bytes = Assert.Single(parts);
        var fits = (int)Math.Min(bytes.Length, Reserved);
        base.Write(file, [bytes[..fits]], position);
        Reserved -= fits;
        if (fits < bytes.Length)
            throw new IOException("No space left on device", NoSpace);
    }

    public override void Flush(SafeFileHandle file)
    {
        Interlocked.Increment(ref _flushes);
        if (!_open.Wait(TimeSpan.FromSeconds(30)))
            throw new TimeoutException("The test did not let the disk go on.");
        if (FlushFails)
            throw new IOException("Input/output error", IoError);
        base.Flush(file);
    }
}
