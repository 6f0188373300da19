using System.Buffers;

namespace Batch.Core.Log;

/// <summary>Buffers for values of records. Its own pool, because the shared one keeps many arrays of several MiB for each core.</summary>
internal sealed class LogRecordPool(int maxRecordBytes)
{
    const int BuffersOfASize = 4;
    readonly ArrayPool<byte> _buffers = ArrayPool<byte>.Create(Math.Max(maxRecordBytes, 16), BuffersOfASize);

    public Lease Rent(int bytes) => new(_buffers, _buffers.Rent(bytes), bytes);

    /// <summary>A rented buffer; goes back once, however often it is disposed.</summary>
    internal sealed class Lease(ArrayPool<byte> pool, byte[] buffer, int bytes) : IDisposable
    {
        byte[]? _buffer = buffer;

        public Memory<byte> Memory { get; } = buffer.AsMemory(0, bytes);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _buffer, null) is { } rented)
                pool.Return(rented);
        }
    }
}
