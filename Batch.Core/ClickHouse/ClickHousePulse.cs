namespace Batch.Core.ClickHouse;

/// <summary>Tells a ClickHouse that answers nothing at all from one that takes its time.</summary>
/// <remarks>
/// A long list takes long, and a process that hangs never answers: from outside the two look the same. So while a read waits, ClickHouse is also
/// asked something that costs nothing. Once neither that nor anything else has been answered for a while, all reads that wait fail, and further
/// ones fail at once, until there is an answer again.
/// </remarks>
/// <param name="probe">Asks something that costs nothing.</param>
/// <param name="silence">After so long without any answer.</param>
internal sealed class ClickHousePulse(Func<CancellationToken, Task> probe, TimeSpan silence, TimeProvider time)
{
    static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    readonly Lock _gate = new();
    CancellationTokenSource _silent = new();
    bool _isWatching;
    int _waiting;
    long _heardAt = time.GetTimestamp();

    public TimeSpan Silence => silence;

    /// <summary>Nothing has been answered for a while.</summary>
    public bool IsSilent => Volatile.Read(ref _silent).IsCancellationRequested;

    /// <summary>To be called when a read begins, and disposed of when it is over.</summary>
    public Read Begin()
    {
        lock (_gate)
        {
            _waiting++;
            if (!_isWatching)
            {
                _isWatching = true;
                // It outlives the request that happens to begin it, and is no part of its trace.
                using (ExecutionContext.SuppressFlow())
                    _ = Task.Run(WatchAsync);
            }
            return new Read(this, _silent.Token);
        }
    }

    /// <summary>To be called whenever ClickHouse has answered, whatever it was asked.</summary>
    public void Heard()
    {
        Volatile.Write(ref _heardAt, time.GetTimestamp());
        if (IsSilent)
            EndSilence();
    }

    async Task WatchAsync()
    {
        do
        {
            await Task.Delay(Beat, time, CancellationToken.None);
            if (IsSilent || Volatile.Read(ref _waiting) > 0 && IsQuiet(Beat))
                await ProbeAsync();
        }
        while (!IsDone());
    }

    async Task ProbeAsync()
    {
        using var limit = new CancellationTokenSource(silence, time);
        try
        {
            await probe(limit.Token);
            Heard();
        }
        catch (Exception) when (limit.IsCancellationRequested)
        {
            if (IsQuiet(silence))
                await Volatile.Read(ref _silent).CancelAsync();
        }
        catch (Exception)
        {
            // Refused, or an error as answer: whoever asks is told so without a wait.
            Heard();
        }
    }

    bool IsQuiet(TimeSpan span) => time.GetElapsedTime(Volatile.Read(ref _heardAt)) >= span;

    bool IsDone()
    {
        lock (_gate)
            return !(_isWatching = _waiting > 0 || IsSilent);
    }

    void EndSilence()
    {
        lock (_gate)
            if (IsSilent)
                Volatile.Write(ref _silent, new CancellationTokenSource());
    }

    /// <summary>A read that waits for its answer.</summary>
    /// <param name="Silent">Cancelled when nothing is answered.</param>
    public readonly record struct Read(ClickHousePulse Pulse, CancellationToken Silent) : IDisposable
    {
        public void Dispose()
        {
            lock (Pulse._gate)
                Pulse._waiting--;
        }
    }
}
