namespace Batch.Api.Uploads;

/// <summary>The uploads whose files are being read, and what becomes of them when the API is told to stop.</summary>
/// <remarks>
/// For a while the API goes on listening: open uploads may finish, and new ones are answered 503 instead of finding nobody. Then what is still
/// open is ended, by its next read of the file, in the way in which every upload ends that breaks off: its job is FAILED with exact figures.
/// </remarks>
internal sealed class OpenUploads(UploadOptions options, TimeProvider time, ILogger<OpenUploads> logger) : IHostedLifecycleService, IDisposable
{
    /// <summary>For recording how the last uploads ended, and for their answers.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromSeconds(8);

    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);
    static readonly CancellationToken AtOnce = new(canceled: true);

    readonly CancellationTokenSource _end = new();
    volatile bool _isStopping;
    int _open;

    /// <summary>Counts an upload until it is disposed of.</summary>
    /// <param name="end">When its file is not read any further.</param>
    public IDisposable Begin(out CancellationToken end)
    {
        Interlocked.Increment(ref _open);
        end = _isStopping ? AtOnce : _end.Token;
        return new Upload(this);
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        var said = Volatile.Read(ref _open);
        if (said == 0)
            return;
        logger.WaitingForUploads(said, options.StopSeconds);
        if (await AreOverAsync(TimeSpan.FromSeconds(options.StopSeconds), said, cancellationToken))
            return;
        logger.UploadsEnded(Volatile.Read(ref _open));
        await _end.CancelAsync();
        await AreOverAsync(Settling, Volatile.Read(ref _open), cancellationToken);
    }

    async Task<bool> AreOverAsync(TimeSpan limit, int said, CancellationToken cancellationToken)
    {
        for (var started = time.GetTimestamp(); time.GetElapsedTime(started) < limit; await Task.Delay(Poll, time, cancellationToken))
        {
            var open = Volatile.Read(ref _open);
            if (open == 0)
                return true;
            if (open < said)
                logger.UploadsLeft(said = open);
        }
        return false;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _end.Dispose();

    sealed class Upload(OpenUploads uploads) : IDisposable
    {
        int _isOver;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0)
                Interlocked.Decrement(ref uploads._open);
        }
    }
}
