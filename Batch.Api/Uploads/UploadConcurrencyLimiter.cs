namespace Batch.Api.Uploads;

/// <summary>Bounds how many uploads are read at once. Later ones wait, in order; none is refused.</summary>
internal sealed class UploadConcurrencyLimiter(UploadOptions options)
{
    readonly SemaphoreSlim _free = new(options.MaxConcurrent, options.MaxConcurrent);

    public async Task<IDisposable> TakeAsync(CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken);
        return new Turn(_free);
    }

    sealed class Turn(SemaphoreSlim free) : IDisposable
    {
        int _released;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _released, 1) == 0)
                free.Release();
        }
    }
}
