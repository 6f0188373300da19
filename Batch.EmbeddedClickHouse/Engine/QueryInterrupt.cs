using System.Text;
using Batch.EmbeddedClickHouse.Sql;

namespace Batch.EmbeddedClickHouse.Engine;

/// <summary>Kills a query whose client has left.</summary>
/// <remarks>
/// The engine gives a query no name that is known outside and cannot be told to stop on the connection that is busy with it. So
/// the text carries a mark, a comment at its end, by which a second connection finds and kills it.
/// </remarks>
internal sealed class QueryInterrupt : IDisposable
{
    static long _last;

    readonly string _mark = $"/* request {Interlocked.Increment(ref _last)} */";
    readonly ConnectionPool _pool;
    readonly CancellationToken _clientLeft;
    readonly CancellationTokenRegistration _registration;

    internal QueryInterrupt(ConnectionPool pool, CancellationToken clientLeft)
    {
        _pool = pool;
        _clientLeft = clientLeft;
        _registration = clientLeft.Register(() => _ = KillAsync());
    }

    /// <summary>The text with the mark. On a line of its own: the last may be a comment.</summary>
    /// <exception cref="OperationCanceledException">The client has left already.</exception>
    internal ReadOnlyMemory<byte> Mark(ReadOnlyMemory<byte> sql)
    {
        _clientLeft.ThrowIfCancellationRequested();
        var mark = Encoding.ASCII.GetBytes("\n" + _mark);
        var marked = new byte[sql.Length + mark.Length];
        sql.CopyTo(marked);
        mark.CopyTo(marked, sql.Length);
        return marked;
    }

    async Task KillAsync()
    {
        try
        {
            // ASYNC: waiting for the end of the query hangs.
            await _pool.ExecuteAsideAsync($"KILL QUERY WHERE endsWith(query, {SqlText.Quote(_mark)}) ASYNC");
        }
        catch (EngineException)
        {
            // The query then runs to its end, as it would have without the attempt.
        }
    }

    public void Dispose() => _registration.Dispose();
}
