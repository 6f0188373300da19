using Batch.EmbeddedClickHouse.Sql;

namespace Batch.EmbeddedClickHouse.Engine;

/// <summary>Kills a query whose client has left.</summary>
/// <remarks>
/// The engine gives a query no name that is known outside and cannot be told to stop on the connection that is busy with it. So
/// a second connection finds and kills it by the name of its connection.
/// </remarks>
internal sealed class QueryInterrupt(ConnectionPool pool, CancellationToken clientLeft) : IAsyncDisposable
{
    static readonly TimeSpan Again = TimeSpan.FromMilliseconds(200);

    readonly CancellationTokenSource _over = new();
    CancellationTokenRegistration _registration;
    volatile Task _killing = Task.CompletedTask;

    /// <summary>To be called before a query that may be interrupted.</summary>
    /// <exception cref="OperationCanceledException">The client has left already.</exception>
    internal void Watch(EngineConnection connection)
    {
        clientLeft.ThrowIfCancellationRequested();
        _registration = clientLeft.Register(() => _killing = KillAsync(connection.Name));
    }

    /// <summary>The query is over. False: its connection may still be hit by a kill, and must not serve another request.</summary>
    internal bool IsUnused()
    {
        _registration.Dispose();
        _over.Cancel();
        return !clientLeft.IsCancellationRequested;
    }

    /// <summary>Tries until the query is over: the first time it may not have begun.</summary>
    async Task KillAsync(string connection)
    {
        try
        {
            while (!_over.IsCancellationRequested)
            {
                // ASYNC: waiting for the end of the query hangs.
                await pool.ExecuteAsideAsync($"KILL QUERY WHERE Settings['log_comment'] = {SqlText.Quote(connection)} ASYNC");
                await Task.Delay(Again, TimeProvider.System, _over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        catch (EngineException)
        {
            // The query then runs to its end, as it would have without the attempt.
        }
    }

    public async ValueTask DisposeAsync()
    {
        IsUnused();
        await _killing;
        _over.Dispose();
    }
}
