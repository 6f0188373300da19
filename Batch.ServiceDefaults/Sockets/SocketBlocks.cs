using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Batch.ServiceDefaults.Sockets;

/// <summary>Memory that a server reads its sockets into: blocks of 64 KiB instead of Kestrel's 4 KiB.</summary>
/// <remarks>
/// A block is what one call to the kernel can fill. Bodies here are files and inserts of many megabytes, of which a block of 4 KiB
/// makes a call, a wake-up and a link in a chain each. An idle connection holds no block: Kestrel waits for data first.
/// Blocks are pinned, so that the kernel can write to them without further ado.
/// </remarks>
internal sealed class SocketBlocks : MemoryPool<byte>
{
    /// <summary>Bytes of a block.</summary>
    public const int BlockBytes = 64 << 10;

    /// <summary>Blocks kept for later, 16 MiB of them: what that many busy connections hand back and forth. More are left to the garbage collector.</summary>
    const int MaxKept = 256;

    readonly ConcurrentQueue<Block> _kept = new();
    int _keptCount;
    volatile bool _disposed;

    public override int MaxBufferSize => BlockBytes;

    /// <param name="minBufferSize">At most <see cref="BlockBytes"/>; -1: whatever there is.</param>
    /// <exception cref="ArgumentOutOfRangeException">More than a block.</exception>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        if (!_kept.TryDequeue(out var block))
            return new Lease(this, new Block());
        Interlocked.Decrement(ref _keptCount);
        return new Lease(this, block);
    }

    void Return(Block block)
    {
        if (!_disposed && Interlocked.Increment(ref _keptCount) <= MaxKept)
            _kept.Enqueue(block);
        else
            Interlocked.Decrement(ref _keptCount);
    }

    protected override void Dispose(bool disposing)
    {
        _disposed = true;
        _kept.Clear();
    }

    sealed class Block
    {
        public Memory<byte> Memory { get; } = MemoryMarshal.CreateFromPinnedArray(
            GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true), 0, BlockBytes);
    }

    /// <summary>One use of a block; may be disposed again without harm.</summary>
    sealed class Lease(SocketBlocks pool, Block block) : IMemoryOwner<byte>
    {
        Block? _block = block;

        public Memory<byte> Memory => (_block ?? throw new ObjectDisposedException(nameof(SocketBlocks))).Memory;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _block, null) is { } returned)
                pool.Return(returned);
        }
    }
}
