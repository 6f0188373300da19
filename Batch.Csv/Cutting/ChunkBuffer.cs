using System.Buffers;
using Batch.Primitives;

namespace Batch.Csv.Cutting;

/// <summary>Memory that the body is read into and that chunks are slices of; goes back when the last of its holders has let go.</summary>
sealed class ChunkBuffer
{
    readonly byte[] _array;
    readonly ByteBudget? _budget;
    int _holders = 1;

    ChunkBuffer(int capacity, ByteBudget? budget)
    {
        _array = ArrayPool<byte>.Shared.Rent(capacity);
        _budget = budget;
        Capacity = capacity;
    }

    public int Capacity { get; }

    /// <summary>Bytes in use, from the start.</summary>
    public int Filled { get; set; }

    public Span<byte> Data => _array.AsSpan(0, Filled);

    public Memory<byte> Room => _array.AsMemory(Filled, Capacity - Filled);

    /// <summary>Waits for room in the budget.</summary>
    public static async Task<ChunkBuffer> RentAsync(int capacity, ByteBudget budget, CancellationToken cancellationToken)
    {
        await budget.AcquireAsync(capacity, cancellationToken);
        try
        {
            return new(capacity, budget);
        }
        catch (OutOfMemoryException)
        {
            budget.Release(capacity);
            throw;
        }
    }

    /// <summary>Outside the budget: the head of a body, and rests that are short.</summary>
    public static ChunkBuffer RentUncounted(int capacity) => new(capacity, null);

    public ReadOnlyMemory<byte> Slice(int start, int end) => _array.AsMemory(start, end - start);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_array.AsSpan(Filled, Capacity - Filled));
        Filled += bytes.Length;
    }

    public ChunkBuffer Hold()
    {
        Interlocked.Increment(ref _holders);
        return this;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) > 0)
            return;
        ArrayPool<byte>.Shared.Return(_array);
        _budget?.Release(Capacity);
    }
}
