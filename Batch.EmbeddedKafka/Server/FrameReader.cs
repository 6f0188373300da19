using System.Buffers.Binary;
using System.Net.Sockets;
using Batch.EmbeddedKafka.Protocol;

namespace Batch.EmbeddedKafka.Server;

/// <summary>Cuts what a connection receives into requests: <c>[i32 bytes][request]</c>.</summary>
internal sealed class FrameReader(Socket socket, RequestBuffers buffers, ConnectionClock clock)
{
    /// <summary>socket.request.max.bytes, as Kafka's default. The first four letters of an HTTP request are far beyond it.</summary>
    public const int MaxRequestBytes = 100 << 20;
    const int InputBytes = 16 << 10;

    readonly byte[] _input = new byte[InputBytes];
    int _start, _end;

    /// <returns>Null: the client has closed the connection.</returns>
    /// <exception cref="MalformedRequestException">These are not Kafka's frames, or the connection ends within one.</exception>
    public async ValueTask<RequestBuffers.Lease?> ReadAsync(CancellationToken cancellationToken)
    {
        if (!await FillAsync(sizeof(int), cancellationToken))
            return null;
        var bytes = BinaryPrimitives.ReadInt32BigEndian(_input.AsSpan(_start));
        _start += sizeof(int);
        if (bytes is < 8 or > MaxRequestBytes)
            throw new MalformedRequestException($"A request of {bytes} bytes is not a Kafka request: 8 to {MaxRequestBytes} are accepted.");

        var lease = await buffers.RentAsync(bytes, cancellationToken);
        try
        {
            await ReadBodyAsync(lease.Memory, cancellationToken);
            return lease;
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    async ValueTask ReadBodyAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        var present = Math.Min(_end - _start, target.Length);
        _input.AsSpan(_start, present).CopyTo(target.Span);
        _start += present;
        clock.Expect(Awaited.RestOfRequest);
        for (var filled = present; filled < target.Length;)
        {
            var received = await socket.ReceiveAsync(target[filled..], cancellationToken);
            if (received == 0)
                throw new MalformedRequestException($"The connection ended after {filled} of a request's {target.Length} bytes.");
            filled += received;
            clock.Progress();
        }
        clock.Expect(Awaited.Request);
    }

    async ValueTask<bool> FillAsync(int count, CancellationToken cancellationToken)
    {
        if (_end - _start >= count)
            return true;
        _input.AsSpan(_start, _end - _start).CopyTo(_input);
        (_start, _end) = (0, _end - _start);
        while (_end < count)
        {
            var received = await socket.ReceiveAsync(_input.AsMemory(_end), cancellationToken);
            if (received == 0)
                return _end == 0 ? false : throw new MalformedRequestException("The connection ended within a request.");
            _end += received;
            clock.Progress();
        }
        return true;
    }
}
