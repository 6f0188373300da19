using Batch.Csv.Streams;

namespace Batch.Tests.EndToEnd.Cluster;

/// <summary>A file whose reading stops once it is well under way, until it is told to go on.</summary>
sealed class PausedFile(Stream file, long after) : ReadOnlyStream
{
    readonly TaskCompletionSource _underWay = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    long _read;

    public Task UnderWay => _underWay.Task;

    public void GoOn() => _goOn.SetResult();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_read >= after)
        {
            _underWay.TrySetResult();
            await _goOn.Task.WaitAsync(cancellationToken);
        }
        var read = await file.ReadAsync(buffer, cancellationToken);
        _read += read;
        return read;
    }
}
