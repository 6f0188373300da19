using System.IO.Compression;
using Batch.EmbeddedClickHouse.Engine;

namespace Batch.EmbeddedClickHouse.Http;

/// <summary>The body of a request, decompressed.</summary>
internal static class RequestBody
{
    /// <exception cref="EngineException">A content encoding that is not offered.</exception>
    internal static Stream Open(HttpRequest request) => request.Headers.ContentEncoding.ToString().ToLowerInvariant() switch
    {
        "" or "identity" => request.Body,
        "gzip" or "x-gzip" => new GZipStream(request.Body, CompressionMode.Decompress),
        "deflate" => new ZLibStream(request.Body, CompressionMode.Decompress),
        "br" => new BrotliStream(request.Body, CompressionMode.Decompress),
        var other => throw EngineException.Of(
            ErrorCode.UnknownCompressionMethod, "UNKNOWN_COMPRESSION_METHOD", $"Unknown compression method '{other}'; gzip, deflate and br are known."),
    };

    /// <summary>Reads until the buffer is full or the body ends, and returns the number of bytes read.</summary>
    internal static async Task<int> FillAsync(Stream body, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var filled = 0;
        while (filled < buffer.Length)
        {
            var read = await body.ReadAsync(buffer[filled..], cancellationToken);
            if (read == 0)
            {
                break;
            }
            filled += read;
        }
        return filled;
    }
}
