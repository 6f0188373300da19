using System.Collections.Concurrent;
using Batch.Csv.Validation;

namespace Batch.Worker.Chunks;

/// <summary>Validators keep large buffers, so they are kept and reused: as many as chunks are ever in hand at once.</summary>
/// <remarks>Those of small chunks are kept apart: there are many of them, and each would come to hold the buffers of a large one.</remarks>
internal sealed class ValidatorPool : IDisposable
{
    readonly ConcurrentBag<ChunkValidator> _small = [];
    readonly ConcurrentBag<ChunkValidator> _large = [];

    /// <param name="bytes">Size of the chunk.</param>
    public Rented Rent(int bytes)
    {
        var idle = InFlightLimiter.PermitsOf(bytes) == 1 ? _small : _large;
        return new(idle, idle.TryTake(out var validator) ? validator : new ChunkValidator());
    }

    public void Dispose()
    {
        foreach (var idle in (ReadOnlySpan<ConcurrentBag<ChunkValidator>>)[_small, _large])
        {
            while (idle.TryTake(out var validator))
                validator.Dispose();
        }
    }

    public readonly struct Rented(ConcurrentBag<ChunkValidator> idle, ChunkValidator validator) : IDisposable
    {
        public ChunkValidator Validator => validator;

        public void Dispose() => idle.Add(validator);
    }
}
