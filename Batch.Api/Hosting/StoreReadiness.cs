using Batch.Core.ClickHouse;

namespace Batch.Api.Hosting;

/// <summary>Whether ClickHouse has its tables. Earlier requests wait a little, and are then refused with the reason.</summary>
internal sealed class StoreReadiness(TimeProvider time)
{
    static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(5);

    readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    volatile string _reason = "The API is starting and has not reached it yet.";

    public void Ready() => _ready.TrySetResult();

    public void NotReady(string reason) => _reason = reason;

    /// <exception cref="ClickHouseException">Transient: it is not ready.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (_ready.Task.IsCompleted)
            return;
        try
        {
            await _ready.Task.WaitAsync(GiveUpAfter, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new ClickHouseException(ClickHouseErrors.NoAnswer, _reason, isTransient: true);
        }
    }
}
