using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Batch.EmbeddedKafka.Protocol;
using Microsoft.Extensions.Logging;

namespace Batch.EmbeddedKafka.Server;

/// <summary>One client: requests in, responses out in the same order.</summary>
/// <remarks>
/// Kafka works on one request of a connection at a time. So does this, but for produce requests that follow each other: they are begun
/// one after the other and share flushes of the disk, which a producer with many partitions on one connection depends on.
/// </remarks>
internal sealed class Connection : IDisposable
{
    const int RequestsInHand = 16;
    const int SendBytes = 256 << 10;

    readonly Socket _socket;
    readonly RequestTable _requests;
    readonly ILogger _logger;
    readonly FrameReader _frames;
    readonly IPAddress _client;
    readonly CancellationTokenSource _closed;
    readonly Channel<Pending> _pending = Channel.CreateBounded<Pending>(new BoundedChannelOptions(RequestsInHand) { SingleReader = true, SingleWriter = true });
    readonly List<Task> _inHand = [];
    bool _onlyProduce = true;

    public Connection(Socket socket, RequestTable requests, RequestBuffers buffers, ILogger logger, TimeProvider time, CancellationToken stopping)
    {
        (_socket, _requests, _logger) = (socket, requests, logger);
        _socket.NoDelay = true;
        _client = (socket.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        Clock = new ConnectionClock(time);
        _frames = new FrameReader(socket, buffers, Clock);
        _closed = CancellationTokenSource.CreateLinkedTokenSource(stopping);
    }

    public ConnectionClock Clock { get; }

    /// <summary>Ends when the client has closed the connection, broken the protocol, or <see cref="Close"/> was called. Does not throw.</summary>
    public async Task RunAsync()
    {
        var sending = SendAsync();
        try
        {
            while (await _frames.ReadAsync(_closed.Token) is { } frame)
                await BeginAsync(frame);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Gone; nobody is left to be told.
        }
        catch (MalformedRequestException exception)
        {
            _logger.ConnectionRefused(_client, exception.Message);
        }
        finally
        {
            _pending.Writer.TryComplete();
            await sending;
            Close();
        }
    }

    public void Close()
    {
        try
        {
            _closed.Cancel();
            _socket.Dispose();
        }
        catch (ObjectDisposedException)
        {
            // Closed by both sides at once.
        }
    }

    async ValueTask BeginAsync(RequestBuffers.Lease frame)
    {
        Pending pending;
        try
        {
            pending = Begin(frame);
            var isProduce = pending.Key == ApiKey.Produce;
            if (!(isProduce && _onlyProduce))
            {
                await Task.WhenAll(_inHand).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                _inHand.Clear();
            }
            _onlyProduce = isProduce;
        }
        catch
        {
            frame.Dispose();
            throw;
        }
        _inHand.RemoveAll(task => task.IsCompleted);
        Clock.RequestBegins();
        pending.Handled = HandleAsync(pending, frame);
        _inHand.Add(pending.Handled);
        await _pending.Writer.WriteAsync(pending, CancellationToken.None);
    }

    // Request header v1: i16 key, i16 version, i32 correlation id, string client id; v2: and tagged fields.
    Pending Begin(RequestBuffers.Lease frame)
    {
        var head = new KafkaReader(frame.Memory.Span, flexible: false);
        var key = (ApiKey)head.Int16();
        var version = head.Int16();
        var correlationId = head.Int32();
        if (!_requests.TryFind(key, out var handler))
            throw new MalformedRequestException($"Request {(short)key} is not supported by this broker.");
        var isKnown = version >= handler.MinVersion && version <= handler.MaxVersion;
        // KIP-511: a client that is newer than the broker learns so by an answer in the oldest layout; anything else closes the connection.
        if (!isKnown && key != ApiKey.ApiVersions)
            throw new MalformedRequestException(
                $"Request {key} version {version} is not supported by this broker: {handler.MinVersion} to {handler.MaxVersion} are.");
        var flexible = isKnown && handler.IsFlexible(version);
        var clientId = head.ShortString();
        var start = head.Position;
        if (flexible)
        {
            var tags = new KafkaReader(frame.Memory.Span[start..], flexible: true);
            tags.Tags();
            start += tags.Position;
        }
        var request = new Request(key, version, correlationId, clientId, frame.Memory[start..], flexible, _client, _closed.Token);
        return new Pending(key, handler, request, new KafkaWriter(flexible));
    }

    async Task HandleAsync(Pending pending, RequestBuffers.Lease frame)
    {
        try
        {
            await pending.Handler.HandleAsync(pending.Request, pending.Response);
        }
        finally
        {
            frame.Dispose();
            Clock.RequestEnds();
        }
    }

    async Task SendAsync()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(SendBytes);
        try
        {
            await foreach (var pending in _pending.Reader.ReadAllAsync())
                using (pending.Response)
                {
                    await pending.Handled;
                    if (pending.Response.Length > 0)
                        await SendAsync(pending, buffer);
                }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Gone; what it asked for was done all the same.
        }
        catch (MalformedRequestException exception)
        {
            _logger.ConnectionRefused(_client, exception.Message);
        }
        catch (Exception exception)
        {
            _logger.RequestFailed(_client, exception);
        }
        finally
        {
            Close();
            await foreach (var pending in _pending.Reader.ReadAllAsync())
                await EndAsync(pending);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>A response that nobody is left to read.</summary>
    static async Task EndAsync(Pending pending)
    {
        await pending.Handled.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        pending.Response.Dispose();
    }

    // [i32 bytes][i32 correlation id][tagged fields, in flexible versions but of ApiVersions][body]
    async ValueTask SendAsync(Pending pending, byte[] buffer)
    {
        var hasTags = pending.Request.IsFlexible && pending.Key != ApiKey.ApiVersions;
        var headBytes = sizeof(int) + (hasTags ? 1 : 0);
        BinaryPrimitives.WriteInt32BigEndian(buffer, checked((int)(headBytes + pending.Response.Length)));
        BinaryPrimitives.WriteInt32BigEndian(buffer.AsSpan(sizeof(int)), pending.Request.CorrelationId);
        buffer[2 * sizeof(int)] = 0;
        var filled = sizeof(int) + headBytes;

        Clock.Sending(true);
        var written = pending.Response.Written;
        var sent = 0;
        foreach (var (at, slice) in pending.Response.Slices)
        {
            filled = await SendAsync(written[sent..at], buffer, filled);
            sent = at;
            for (var offset = 0; offset < slice.Length;)
            {
                var count = Math.Min(slice.Length - offset, SendBytes - filled);
                slice.CopyTo(offset, buffer.AsSpan(filled, count));
                offset += count;
                filled = await FlushIfFullAsync(buffer, filled + count);
            }
        }
        filled = await SendAsync(written[sent..], buffer, filled);
        await FlushAsync(buffer, filled);
        Clock.Sending(false);
    }

    async ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes, byte[] buffer, int filled)
    {
        while (bytes.Length > 0)
        {
            var count = Math.Min(bytes.Length, SendBytes - filled);
            bytes.Span[..count].CopyTo(buffer.AsSpan(filled));
            bytes = bytes[count..];
            filled = await FlushIfFullAsync(buffer, filled + count);
        }
        return filled;
    }

    async ValueTask<int> FlushIfFullAsync(byte[] buffer, int filled)
    {
        if (filled < SendBytes)
            return filled;
        await FlushAsync(buffer, filled);
        return 0;
    }

    async ValueTask FlushAsync(byte[] buffer, int count)
    {
        for (var sent = 0; sent < count;)
        {
            sent += await _socket.SendAsync(buffer.AsMemory(sent, count - sent), _closed.Token);
            Clock.Progress();
        }
    }

    public void Dispose()
    {
        Close();
        _closed.Dispose();
    }

    sealed class Pending(ApiKey key, RequestHandler handler, Request request, KafkaWriter response)
    {
        public ApiKey Key => key;
        public RequestHandler Handler => handler;
        public Request Request => request;
        public KafkaWriter Response => response;
        public Task Handled { get; set; } = Task.CompletedTask;
    }
}
