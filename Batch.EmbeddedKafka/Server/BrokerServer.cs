using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Batch.EmbeddedKafka.Server;

/// <summary>The port: takes connections, at most so many, and closes those that stand still.</summary>
internal sealed class BrokerServer : IAsyncDisposable
{
    static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);
    static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    readonly Socket _listener;
    readonly RequestTable _requests;
    readonly RequestBuffers _buffers;
    readonly int _maxConnections;
    readonly ILogger _logger;
    readonly CancellationTokenSource _stopping = new();
    readonly ConcurrentDictionary<Connection, Task> _connections = new();
    readonly TimeProvider _time;
    readonly ITimer _look;
    readonly Task _accepting;

    /// <param name="listener">Bound and listening.</param>
    public BrokerServer(Socket listener, RequestTable requests, RequestBuffers buffers, int maxConnections, ILogger logger, TimeProvider time)
    {
        (_listener, _requests, _buffers, _maxConnections, _logger, _time) = (listener, requests, buffers, maxConnections, logger, time);
        _look = time.CreateTimer(_ => CloseStalled(), null, LookInterval, LookInterval);
        _accepting = Task.Run(AcceptAsync);
    }

    /// <exception cref="StartupException">The port is taken, or the address is not this machine's.</exception>
    public static Socket Listen(IPAddress address, int port)
    {
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(address, port));
            listener.Listen(512);
            return listener;
        }
        catch (SocketException exception)
        {
            listener.Dispose();
            throw new StartupException($"Port {port} on {address} cannot be opened for the log: {exception.Message}.", exception);
        }
    }

    async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var socket = await _listener.AcceptAsync(_stopping.Token);
                if (_connections.Count >= _maxConnections)
                {
                    _logger.TooManyConnections(_maxConnections);
                    socket.Dispose();
                    continue;
                }
                Serve(socket);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception)
            {
                // Out of file descriptors or memory, or a client that was gone before it was taken. Nobody else would take connections.
                _logger.AcceptFailed(exception.Message);
                await Task.Delay(AcceptPause, _time, CancellationToken.None);
            }
        }
    }

    void Serve(Socket socket)
    {
        var connection = new Connection(socket, _requests, _buffers, _logger, _time, _stopping.Token);
        var gate = new TaskCompletionSource();
        _connections[connection] = ServeAsync(connection, gate.Task);
        gate.SetResult();
    }

    async Task ServeAsync(Connection connection, Task registered)
    {
        await registered;
        try
        {
            await connection.RunAsync();
        }
        catch (Exception exception)
        {
            _logger.ConnectionFailed(exception);
        }
        finally
        {
            _connections.TryRemove(connection, out _);
            connection.Dispose();
        }
    }

    void CloseStalled()
    {
        foreach (var connection in _connections.Keys)
            if (connection.Clock.IsOver)
                connection.Close();
    }

    /// <summary>Closes every connection. What was begun on the disk is finished; its producer asks again and is told so.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await _look.DisposeAsync();
        foreach (var connection in _connections.Keys)
            connection.Close();
        await Task.WhenAll(_connections.Values);
        _stopping.Dispose();
    }
}
