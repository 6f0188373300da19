using System.Collections.Concurrent;
using Batch.Core.Validation;

namespace Batch.Worker.Chunks;

/// <summary>Validators keep large buffers, so they are kept and reused: as many as chunks are ever in hand at once.</summary>
internal sealed class ValidatorPool : IDisposable
{
    readonly ConcurrentBag<ChunkValidator> _idle = [];

    public Rented Rent() => new(this, _idle.TryTake(out var validator) ? validator : new ChunkValidator());

    public void Dispose()
    {
        while (_idle.TryTake(out var validator))
            validator.Dispose();
    }

    public readonly struct Rented(ValidatorPool pool, ChunkValidator validator) : IDisposable
    {
        public ChunkValidator Validator => validator;

        public void Dispose() => pool._idle.Add(validator);
    }
}
