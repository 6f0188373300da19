using System.Buffers;
using Batch.Primitives;

namespace Batch.Core.Log.Local;

/// <summary>A record on its way to disk.</summary>
/// <remarks>
/// Raw shape: <c>[36 bytes left for the frame][headers][value, if it is small]</c> in a rented buffer, and the caller's own memory for a
/// value that is not: it goes to the kernel from where it stands, so a cancellation that comes once writing has begun has to wait.
/// </remarks>
internal sealed class PendingAppend
{
    const int CopiedBelow = 8 << 10;

    readonly byte[] _head;
    readonly int _headBytes;
    readonly int _headerBytes;
    readonly ReadOnlyMemory<byte> _value;
    readonly uint _checksum;
    readonly TaskCompletionSource<LogPosition> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    CancellationTokenRegistration _cancellation;
    int _taken;
    long _offset;

    public PendingAppend(LocalPartition partition, IReadOnlyList<LogHeader> headers, ReadOnlyMemory<byte> value)
    {
        Partition = partition;
        _value = value;
        _headerBytes = RecordFrame.SizeOf(headers);
        _headBytes = RecordFrame.FixedBytes + _headerBytes;
        var inline = value.Length < CopiedBelow;
        _head = ArrayPool<byte>.Shared.Rent(_headBytes + (inline ? value.Length : 0));
        RecordFrame.WriteHeaders(_head.AsSpan(RecordFrame.FixedBytes, _headerBytes), headers);
        if (inline)
        {
            value.Span.CopyTo(_head.AsSpan(_headBytes));
            _headBytes += value.Length;
        }
        // On the caller's thread: checksums of many uploads run beside each other, the disk's thread only writes.
        _checksum = Crc32C.Of(value.Span);
    }

    public LocalPartition Partition { get; }
    public Task<LogPosition> Done => _done.Task;
    public long Bytes => RecordFrame.FixedBytes + (long)_headerBytes + _value.Length;

    public void CancelBy(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
            _cancellation = cancellationToken.UnsafeRegister(static (state, token) =>
            {
                var append = (PendingAppend)state!;
                if (append.TryTake())
                    append._done.TrySetCanceled(token);
            }, this);
    }

    /// <summary>Whoever takes it decides what becomes of it: the writer, or a cancellation that was sooner.</summary>
    public bool TryTake() => Interlocked.Exchange(ref _taken, 1) == 0;

    public void Frame(long offset, long unixMilliseconds, List<ReadOnlyMemory<byte>> parts)
    {
        _offset = offset;
        new RecordFrame(offset, unixMilliseconds, _headerBytes, _value.Length, _checksum).Seal(_head);
        parts.Add(_head.AsMemory(0, _headBytes));
        if (_value.Length >= CopiedBelow)
            parts.Add(_value);
    }

    public void Succeed()
    {
        Release();
        _done.TrySetResult(new LogPosition(Partition.Id.Topic, Partition.Id.Partition, _offset));
    }

    public void Fail(Exception e)
    {
        Release();
        _done.TrySetException(e);
    }

    void Release()
    {
        _cancellation.Unregister();
        ArrayPool<byte>.Shared.Return(_head);
    }
}
