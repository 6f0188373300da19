using System.Text;
using Batch.EmbeddedClickHouse.Native;

namespace Batch.EmbeddedClickHouse.Engine;

/// <summary>A connection with a thread of its own. It runs one statement at a time; several connections run side by side.</summary>
/// <remarks>
/// A connection keeps its settings and its database between statements. It remembers what it was given, so that
/// <see cref="Prepare"/> need only send the difference to what the next request wants, most often nothing or a token.
/// </remarks>
internal sealed class EngineConnection : IAsyncDisposable
{
    static long _opened;

    readonly EngineThread _thread;
    readonly Dictionary<string, string> _settings = [];
    readonly unsafe nint* _connection;
    readonly nint _handle;
    string _database = "default";

    unsafe EngineConnection(EngineThread thread, nint* connection)
    {
        _thread = thread;
        _connection = connection;
        _handle = *connection;
    }

    /// <summary>The engine could not be brought back to a known state: close, do not use again.</summary>
    internal bool IsSpoilt { get; private set; }

    /// <summary>Only reading statements are allowed, for the life of the connection.</summary>
    internal bool IsReadOnly { get; private init; }

    /// <summary>No other connection has ever had it, and <c>system.processes</c> has it with the statement that is under way.</summary>
    internal required string Name { get; init; }

    /// <param name="arguments">As of <c>clickhouse local</c>, without the program's name.</param>
    /// <exception cref="EngineException">The engine refused; it says why on standard error only.</exception>
    internal static async Task<EngineConnection> OpenAsync(IReadOnlyList<string> arguments, bool isReadOnly)
    {
        var thread = new EngineThread("engine");
        try
        {
            return await thread.RunAsync(() => Connect(thread, arguments, isReadOnly));
        }
        catch
        {
            thread.Dispose();
            throw;
        }
    }

    static unsafe EngineConnection Connect(EngineThread thread, IReadOnlyList<string> arguments, bool isReadOnly)
    {
        // No setting of ours means anything by it, and a statement is rewritten before it is run, so that a comment in it would be lost.
        var name = $"connection {Interlocked.Increment(ref _opened)}";
        using var texts = new NativeTexts(["clickhouse", .. arguments, $"--log_comment={name}"]);
        var connection = Chdb.chdb_connect((int)texts.Count, texts.Pointers);
        if (connection is null || *connection == 0)
        {
            throw EngineException.FromText("The engine did not accept the connection.");
        }
        var opened = new EngineConnection(thread, connection) { IsReadOnly = isReadOnly, Name = name };
        if (isReadOnly)
        {
            opened.Execute("SET readonly = 2");
        }
        return opened;
    }

    /// <summary>
    /// Runs calls of this connection on its thread. Everything else here must be called within: one trip for several calls, since
    /// a trip costs more than many a statement.
    /// </summary>
    internal Task<T> RunAsync<T>(Func<EngineConnection, T> calls) => _thread.RunAsync(() => calls(this));

    /// <summary>Brings database and settings to what the request wants.</summary>
    /// <exception cref="EngineException">An unknown database or setting, or a value that does not fit; the connection is spoilt.</exception>
    internal void Prepare(string database, IReadOnlyDictionary<string, string> settings)
    {
        if (database != _database || settings.Count != _settings.Count ||
            !settings.All(setting => _settings.TryGetValue(setting.Key, out var value) && value == setting.Value))
        {
            Change(database, settings);
        }
    }

    internal bool TryPrepare(string database, IReadOnlyDictionary<string, string> settings)
    {
        try
        {
            Prepare(database, settings);
            return true;
        }
        catch (EngineException)
        {
            return false;
        }
    }

    void Change(string database, IReadOnlyDictionary<string, string> settings)
    {
        IsSpoilt = true;
        var changes = new StringBuilder();
        foreach (var name in _settings.Keys.Where(name => !settings.ContainsKey(name)))
        {
            Append(changes, name, EngineDefaults.Settings.TryGetValue(name, out var value) ? Sql.SqlText.Quote(value) : "DEFAULT");
        }
        foreach (var (name, value) in settings)
        {
            if (!_settings.TryGetValue(name, out var current) || current != value)
            {
                Append(changes, name, Sql.SqlText.Quote(value));
            }
        }
        if (changes.Length > 0)
        {
            Execute("SET " + changes);
            _settings.Clear();
            foreach (var (name, value) in settings)
            {
                _settings[name] = value;
            }
        }
        if (database != _database)
        {
            Execute("USE " + Sql.SqlText.QuoteIdentifier(database));
            _database = database;
        }
        IsSpoilt = false;
    }

    static void Append(StringBuilder changes, string name, string value) =>
        changes.Append(changes.Length == 0 ? "" : ", ").Append(Sql.SqlText.SettingName(name)).Append(" = ").Append(value);

    /// <summary>
    /// To be called after a statement that changes the connection itself, such as SET, and after every one that failed: the engine
    /// keeps what a failed statement had written, and puts it before the result of the connection's next one.
    /// </summary>
    internal void Spoil() => IsSpoilt = true;

    internal unsafe Chdb.QueryAnalysis Analyze(ReadOnlyMemory<byte> sql)
    {
        var analysis = new Chdb.QueryAnalysis { Size = (uint)sizeof(Chdb.QueryAnalysis) };
        fixed (byte* text = sql.Span, database = "default"u8)
        {
            _ = Chdb.chdb_classify_query_n(_handle, text, (nuint)sql.Length, database, 7, &analysis);
        }
        return analysis;
    }

    /// <summary>The whole result in one piece, held in the engine's memory.</summary>
    internal unsafe EngineResult Query(ReadOnlyMemory<byte> sql, string format, IReadOnlyList<KeyValuePair<string, string>> parameters) =>
        Start(sql, format, parameters, &Chdb.chdb_query_with_params_n);

    /// <summary>Begins a result that comes in pieces: <see cref="Fetch"/> until it returns null, then <see cref="End"/>.</summary>
    internal unsafe EngineResult Stream(ReadOnlyMemory<byte> sql, string format, IReadOnlyList<KeyValuePair<string, string>> parameters) =>
        Start(sql, format, parameters, &Chdb.chdb_stream_query_with_params_n);

    /// <summary>The next piece; null at the end.</summary>
    internal EngineResult? Fetch(EngineResult stream)
    {
        var piece = new EngineResult(Chdb.chdb_stream_fetch_result(_handle, stream.Handle)).ThrowIfFailed();
        if (piece.Length > 0)
        {
            return piece;
        }
        piece.Dispose();
        return null;
    }

    /// <param name="isOver">All was fetched; else the rest is given up.</param>
    internal bool End(EngineResult stream, bool isOver)
    {
        if (!isOver)
        {
            Chdb.chdb_stream_cancel_query(_handle, stream.Handle);
        }
        stream.Dispose();
        return true;
    }

    /// <summary>Begins an insert whose rows follow as bytes in the format.</summary>
    internal unsafe EngineInsert Insert(ReadOnlyMemory<byte> sql, string format, IReadOnlyList<KeyValuePair<string, string>> parameters) =>
        new(Call(sql, format, parameters, &Chdb.chdb_stream_insert_with_params_n));

    unsafe EngineResult Start(
        ReadOnlyMemory<byte> sql, string format, IReadOnlyList<KeyValuePair<string, string>> parameters,
        delegate*<nint, byte*, nuint, byte*, nuint, byte**, nuint*, byte**, nuint*, nuint, nint> function) =>
        new EngineResult(Call(sql, format, parameters, function)).ThrowIfFailed();

    unsafe nint Call(
        ReadOnlyMemory<byte> sql, string format, IReadOnlyList<KeyValuePair<string, string>> parameters,
        delegate*<nint, byte*, nuint, byte*, nuint, byte**, nuint*, byte**, nuint*, nuint, nint> function)
    {
        using var names = new NativeTexts([.. parameters.Select(parameter => parameter.Key)]);
        using var values = new NativeTexts([.. parameters.Select(parameter => parameter.Value)]);
        var formatBytes = Encoding.UTF8.GetBytes(format);
        fixed (byte* text = sql.Span, formatText = formatBytes)
        {
            return function(
                _handle, text, (nuint)sql.Length, formatText, (nuint)formatBytes.Length,
                names.Pointers, names.Lengths, values.Pointers, values.Lengths, names.Count);
        }
    }

    /// <summary>Runs a statement of our own.</summary>
    internal string Execute(string sql)
    {
        using var result = Query(Encoding.UTF8.GetBytes(sql), "TabSeparated", []);
        return result.Text();
    }

    /// <summary>Closes after the calls handed in.</summary>
    public async ValueTask DisposeAsync()
    {
        await _thread.RunAsync(Close);
        _thread.Dispose();
    }

    unsafe bool Close()
    {
        Chdb.chdb_close_conn(_connection);
        return true;
    }
}
