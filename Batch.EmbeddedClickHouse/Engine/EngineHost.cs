using System.Runtime.InteropServices;
using Batch.EmbeddedClickHouse.Native;

namespace Batch.EmbeddedClickHouse.Engine;

/// <summary>The running engine: one root connection for the life of the process, and the pool that requests borrow from.</summary>
/// <remarks>The engine ends with its last connection and does not start cleanly a second time, hence the root connection.</remarks>
internal sealed partial class EngineHost : IAsyncDisposable
{
    static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    readonly EngineConnection _root;
    readonly DataLock _lock;

    EngineHost(EngineConnection root, DataLock dataLock, FreeSpace space, string data, string timezone)
    {
        Space = space;
        _root = root;
        Timezone = timezone;
        _lock = dataLock;
        Pool = new ConnectionPool(data);
    }

    internal ConnectionPool Pool { get; }

    internal FreeSpace Space { get; }

    /// <summary>In which the engine writes times that name no zone of their own.</summary>
    internal string Timezone { get; }

    /// <exception cref="StartupException">The data cannot be used, or the engine does not start.</exception>
    internal static async Task<EngineHost> StartAsync(ProcessOptions options, CancellationToken cancellationToken)
    {
        ChdbLibrary.Load(options.Data, cancellationToken);
        var dataLock = await DataLock.TakeAsync(options.Data, options.WaitForLock, TimeProvider.System, cancellationToken);
        try
        {
            var space = new FreeSpace(options.Data, options.MinFreeSpace);
            var config = EngineConfiguration.Write(options, space.ForMerges);
            var root = await OpenRootAsync(options.Data, config);
            var timezone = await root.RunAsync(connection => connection.Execute("SELECT timezone()"));
            await SayDetachedAsync(root);
            return new EngineHost(root, dataLock, space, options.Data, timezone.Trim());
        }
        catch (Exception exception) when (exception is EngineException or IOException or UnauthorizedAccessException)
        {
            dataLock.Dispose();
            throw new StartupException($"The ClickHouse engine did not start on '{options.Data}': {exception.Message}", exception);
        }
    }

    static async Task<EngineConnection> OpenRootAsync(string data, string config)
    {
        using var signals = new SignalGuard();
        Chdb.chdb_set_signal_handlers_enabled(0);
        while (true)
        {
            string reason;
            using (var said = new StandardErrorCapture())
            {
                try
                {
                    return await EngineConnection.OpenAsync([$"--path={data}", $"--config-file={config}"], isReadOnly: false);
                }
                catch (EngineException exception)
                {
                    reason = said.Read() is { Length: > 0 } lines ? lines : exception.Message;
                }
            }
            if (DamagedDefinition.SetAside(data, reason) is not { } told)
            {
                throw EngineException.FromText(reason);
            }
            await Console.Error.WriteLineAsync(told);
        }
    }

    /// <summary>Says which parts the engine has set aside, which it does without a word.</summary>
    static async Task SayDetachedAsync(EngineConnection root)
    {
        const string Detached = """
            SELECT concat('Damaged parts (', toString(count()), ') are set aside in system.detached_parts and not read: ',
                arrayStringConcat(groupArray(5)(concat(database, '.', table, ' ', name)), ', '), if(count() > 5, ', …', ''), '.')
            FROM system.detached_parts WHERE startsWith(name, 'broken') HAVING count() > 0
            """;
        if (await root.RunAsync(connection => connection.Execute(Detached)) is { Length: > 0 } told)
        {
            await Console.Error.WriteLineAsync(told.Trim());
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!await Pool.CloseAsync(CloseTimeout))
        {
            // Ending the process the usual way would tear the engine down under the running statement and abort.
            _exit(0);
        }
        await _root.DisposeAsync();
        _lock.Dispose();
    }

    [LibraryImport("libc")]
    private static partial void _exit(int status);
}
