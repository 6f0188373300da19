using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using Batch.Csv.Streams;

namespace Batch.Tests.Api;

/// <summary>What tests send to <c>POST /jobs</c>.</summary>
internal static class Uploads
{
    public const string Good = "event_id,timestamp,amount\n1,1716045542,12.5\n2,1716045543,8.0\n";

    /// <summary>A file made while it is read.</summary>
    public sealed class RepeatedRows(string header, string row, long bytes) : ReadOnlyStream
    {
        readonly byte[] _row = Encoding.ASCII.GetBytes(row);
        byte[] _current = Encoding.ASCII.GetBytes(header);
        int _at;
        long _left = bytes / row.Length;

        public override int Read(Span<byte> buffer)
        {
            var read = 0;
            while (read < buffer.Length)
            {
                if (_at == _current.Length)
                {
                    if (_left-- <= 0)
                        break;
                    (_current, _at) = (_row, 0);
                }
                var part = Math.Min(buffer.Length - read, _current.Length - _at);
                _current.AsSpan(_at, part).CopyTo(buffer[read..]);
                (_at, read) = (_at + part, read + part);
            }
            return read;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    }

    public static byte[] Gzip(byte[] bytes)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    public static async Task<TcpClient> ConnectAsync(ApiHost api, string head)
    {
        var connection = new TcpClient();
        await connection.ConnectAsync(api.Address.Host, api.Address.Port);
        await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head + "Host: test\r\n\r\n"));
        return connection;
    }

    public static async Task<string?> ReadLineAsync(TcpClient connection)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        return await new StreamReader(connection.GetStream()).ReadLineAsync(limit.Token);
    }
}
