using Batch.EmbeddedKafka.Storage;

namespace Batch.EmbeddedKafka.Requests;

/// <summary>Tells one waiting fetch that records were appended to one of its partitions.</summary>
internal sealed class AppendSignal : IDisposable
{
    readonly List<Partition> _partitions;
    TaskCompletionSource _appended = New();

    public AppendSignal(IEnumerable<Partition> partitions)
    {
        _partitions = [.. partitions];
        foreach (var partition in _partitions)
            partition.Appended += OnAppended;
    }

    /// <summary>What is appended from here on ends the next wait.</summary>
    public void Reset()
    {
        if (Volatile.Read(ref _appended).Task.IsCompleted)
            Volatile.Write(ref _appended, New());
    }

    /// <returns>False: the time was up first.</returns>
    /// <exception cref="OperationCanceledException">The client is gone, or the broker stops.</exception>
    public async ValueTask<bool> WaitAsync(TimeSpan wait, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await Volatile.Read(ref _appended).Task.WaitAsync(wait, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    void OnAppended() => Volatile.Read(ref _appended).TrySetResult();

    static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Dispose()
    {
        foreach (var partition in _partitions)
            partition.Appended -= OnAppended;
    }
}
