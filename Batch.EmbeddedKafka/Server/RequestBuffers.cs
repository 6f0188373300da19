using System.Buffers;
using Batch.Primitives;

namespace Batch.EmbeddedKafka.Server;

/// <summary>Memory for requests. Large ones share a budget, so that a hundred producers take no more of it than a few.</summary>
internal sealed class RequestBuffers(long budgetBytes)
{
    /// <summary>Requests up to this size are commits, heartbeats, questions: they never wait for those that carry records.</summary>
    const int SmallBytes = 64 << 10;
    const int LargestPooled = 128 << 20;
    const int BuffersOfASize = 4;

    readonly ByteBudget _budget = new(budgetBytes);
    // Its own pool, because the shared one keeps many arrays of several MiB for each core.
    readonly ArrayPool<byte> _large = ArrayPool<byte>.Create(LargestPooled, BuffersOfASize);

    public async ValueTask<Lease> RentAsync(int bytes, CancellationToken cancellationToken)
    {
        if (bytes <= SmallBytes)
            return new Lease(this, ArrayPool<byte>.Shared.Rent(bytes), bytes);
        await _budget.AcquireAsync(bytes, cancellationToken);
        return new Lease(this, _large.Rent(bytes), bytes);
    }

    void Return(byte[] buffer, int bytes)
    {
        if (bytes <= SmallBytes)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            return;
        }
        _large.Return(buffer);
        _budget.Release(bytes);
    }

    /// <summary>A rented buffer; goes back once, however often it is disposed.</summary>
    internal sealed class Lease(RequestBuffers owner, byte[] buffer, int bytes) : IDisposable
    {
        byte[]? _buffer = buffer;

        public Memory<byte> Memory { get; } = buffer.AsMemory(0, bytes);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _buffer, null) is { } rented)
                owner.Return(rented, bytes);
        }
    }
}
