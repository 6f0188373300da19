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

    EngineHost(EngineConnection root, DataLock dataLock, string data, string timezone)
    {
        _root = root;
        Timezone = timezone;
        _lock = dataLock;
        Pool = new ConnectionPool(data);
    }

    internal ConnectionPool Pool { get; }

    /// <summary>In which the engine writes times that name no zone of their own.</summary>
    internal string Timezone { get; }

    /// <exception cref="StartupException">The data cannot be used, or the engine does not start.</exception>
    internal static async Task<EngineHost> StartAsync(ProcessOptions options, CancellationToken cancellationToken)
    {
        ChdbLibrary.Load(options.Data);
        var dataLock = await DataLock.TakeAsync(options.Data, options.WaitForLock, TimeProvider.System, cancellationToken);
        try
        {
            var config = EngineConfiguration.Write(options);
            var root = await OpenRootAsync(options.Data, config);
            var timezone = await root.RunAsync(connection => connection.Execute("SELECT timezone()"));
            return new EngineHost(root, dataLock, options.Data, timezone.Trim());
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
