namespace Batch.EmbeddedClickHouse.Engine;

/// <summary>Connections for requests: opened when wanted, kept for the next request, bounded in number.</summary>
internal sealed class ConnectionPool(string data)
{
    // More than this many statements at once would only share the same processors; the others wait in the order they came.
    static readonly int MaxActive = Math.Max(32, Environment.ProcessorCount * 4);

    const int MaxIdle = 16;

    readonly SemaphoreSlim _places = new(MaxActive);
    readonly Lock _gate = new();
    readonly List<EngineConnection> _idle = [];
    bool _closed;

    /// <summary>Runs calls on a connection with this database and these settings, which then is the caller's until returned.</summary>
    /// <param name="isReadOnly">The connection refuses statements that change anything.</param>
    /// <param name="calls">The first calls, made on the connection's thread. If they throw, the connection is closed.</param>
    /// <exception cref="EngineException">The engine does not know the database or a setting, or refuses a value or a call.</exception>
    internal async Task<(EngineConnection Connection, T Result)> StartAsync<T>(
        bool isReadOnly, string database, IReadOnlyDictionary<string, string> settings, Func<EngineConnection, T> calls,
        CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        var connection = Take(isReadOnly);
        try
        {
            if (connection is not null)
            {
                var (isPrepared, result) = await connection.RunAsync(
                    used => used.TryPrepare(database, settings) ? (true, calls(used)) : (false, default(T)!));
                if (isPrepared)
                {
                    return (connection, result);
                }
                // Either the request is wrong, which a fresh connection will say as well, or an earlier request left a setting
                // (allow_ddl = 0, for one) that cannot be taken back.
                await connection.DisposeAsync();
                connection = null;
            }
            connection = await EngineConnection.OpenAsync([$"--path={data}"], isReadOnly);
            return (connection, await connection.RunAsync(fresh =>
            {
                fresh.Prepare(database, settings);
                return calls(fresh);
            }));
        }
        catch
        {
            connection?.Spoil();
            Return(connection);
            throw;
        }
    }

    /// <summary>Gives a connection back; a spoilt one is closed.</summary>
    internal void Return(EngineConnection? connection)
    {
        var keep = false;
        if (connection is { IsSpoilt: false })
        {
            lock (_gate)
            {
                keep = !_closed && _idle.Count < MaxIdle;
                if (keep)
                {
                    _idle.Add(connection);
                }
            }
        }
        if (keep || connection is null)
        {
            _places.Release();
        }
        else
        {
            _ = CloseAsync(connection);
        }
    }

    async Task CloseAsync(EngineConnection connection)
    {
        await connection.DisposeAsync();
        _places.Release();
    }

    /// <summary>Runs a statement of our own, also when every place is taken.</summary>
    internal async Task<string> ExecuteAsideAsync(string sql)
    {
        await using var connection = await EngineConnection.OpenAsync([$"--path={data}"], isReadOnly: false);
        return await connection.RunAsync(aside => aside.Execute(sql));
    }

    EngineConnection? Take(bool isReadOnly)
    {
        lock (_gate)
        {
            var index = _idle.FindLastIndex(connection => connection.IsReadOnly == isReadOnly);
            if (index < 0)
            {
                return null;
            }
            var connection = _idle[index];
            _idle.RemoveAt(index);
            return connection;
        }
    }

    /// <summary>Waits for the statements under way, then closes the connections.</summary>
    /// <returns>False: a statement would not end, and its connection is still open.</returns>
    internal async Task<bool> CloseAsync(TimeSpan timeout)
    {
        List<EngineConnection> idle;
        lock (_gate)
        {
            _closed = true;
            idle = [.. _idle];
            _idle.Clear();
        }
        foreach (var connection in idle)
        {
            await connection.DisposeAsync();
        }
        var started = TimeProvider.System.GetTimestamp();
        for (var place = 0; place < MaxActive; place++)
        {
            var left = timeout - TimeProvider.System.GetElapsedTime(started);
            if (!await _places.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero))
            {
                return false;
            }
        }
        return true;
    }
}
