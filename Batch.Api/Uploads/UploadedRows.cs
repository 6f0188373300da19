using System.Runtime.CompilerServices;
using Batch.Api.Publishing;
using Batch.Csv.Cutting;

namespace Batch.Api.Uploads;

/// <summary>The rows of a file that is being uploaded, unchanged.</summary>
internal sealed class UploadedRows(CsvUpload file, UploadBody body, TimeProvider time) : IRowSource, IAsyncDisposable
{
    readonly CancellationTokenSource _stop = new();
    IAsyncEnumerator<RawChunk>? _chunks;
    Task<OutgoingChunk?>? _first;

    public long RowsSeen => file.RowsSeen;

    public long BlankLines => file.BlankLines;

    /// <summary>Whether the file is one small chunk that arrives in time. In any case <see cref="ReadAsync"/> gives the rows from the start.</summary>
    public async Task<bool> IsOneChunkAsync(int maxBytes, TimeSpan timeout, CancellationToken cancellationToken)
    {
        await using var cancelling = cancellationToken.UnsafeRegister(_ => _stop.Cancel(), null);
        var first = _first = ReadFirstAsync();
        await Task.WhenAny(first, Task.Delay(timeout, time, _stop.Token));
        if (!first.IsCompletedSuccessfully || await first is not { IsSingleChunk: true } chunk || chunk.Bytes.Length > maxBytes)
            return false;
        // The buffer is the chunk's alone from here on, and free when that is in the log.
        await file.DisposeAsync();
        return true;
    }

    public async IAsyncEnumerable<OutgoingChunk> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var cancelling = cancellationToken.UnsafeRegister(_ => _stop.Cancel(), null);
        var first = _first ?? ReadFirstAsync();
        _first = null;
        if (await first is not { } chunk)
            yield break;
        var isSingleChunk = chunk.IsSingleChunk;
        yield return chunk;
        if (isSingleChunk)
            yield break;
        while (await _chunks!.MoveNextAsync())
            yield return OutgoingChunk.Of(_chunks.Current);
    }

    public Task CountAsync(CancellationToken cancellationToken) => file.CountRowsAsync(cancellationToken);

    public Task FinishAsync(CancellationToken cancellationToken) => body.FinishAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_first is { } first)
        {
            // Nobody took it: its outcome was reported, or no longer matters.
            await ((Task)first).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (first.IsCompletedSuccessfully)
                (await first)?.Dispose();
        }
        if (_chunks is not null)
            await _chunks.DisposeAsync();
        _stop.Dispose();
    }

    async Task<OutgoingChunk?> ReadFirstAsync()
    {
        _chunks = file.ReadChunksAsync(_stop.Token).GetAsyncEnumerator(_stop.Token);
        if (!await _chunks.MoveNextAsync())
            return null;
        var chunk = OutgoingChunk.Of(_chunks.Current);
        try
        {
            // What follows a file may be a reason to refuse it.
            if (chunk.IsSingleChunk)
                await body.FinishAsync(_stop.Token);
            return chunk;
        }
        catch
        {
            chunk.Dispose();
            throw;
        }
    }
}
