using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Batch.EmbeddedClickHouse.Engine;

namespace Batch.EmbeddedClickHouse.Http;

/// <summary>The answer to one request: headers as a ClickHouse server sets them, a body that may be compressed, and errors at any moment.</summary>
internal sealed class Reply
{
    const int PieceBytes = 256 * 1024;

    readonly HttpContext _context;
    readonly string _exceptionTag = RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz", 16);
    PipeWriter _writer;
    Stream? _compressor;

    internal Reply(HttpContext context)
    {
        _context = context;
        _writer = context.Response.BodyWriter;
        context.Response.Headers["X-ClickHouse-Server-Display-Name"] = "batch";
        context.Response.Headers["X-ClickHouse-Exception-Tag"] = _exceptionTag;
        context.Response.ContentType = "text/plain; charset=UTF-8";
    }

    HttpResponse Response => _context.Response;

    /// <summary>What the request says of itself.</summary>
    internal void Begin(QueryRequest request, string timezone)
    {
        Response.Headers["X-ClickHouse-Query-Id"] = request.QueryId;
        Response.Headers["X-ClickHouse-Timezone"] = timezone;
        if (!request.AllowsCompression)
        {
            return;
        }
        var accepted = _context.Request.Headers.AcceptEncoding.ToString();
        var encoding = accepted.Contains("gzip", StringComparison.OrdinalIgnoreCase) ? "gzip"
            : accepted.Contains("deflate", StringComparison.OrdinalIgnoreCase) ? "deflate"
            : accepted.Contains("br", StringComparison.OrdinalIgnoreCase) ? "br"
            : null;
        _compressor = encoding switch
        {
            "gzip" => new GZipStream(Response.Body, CompressionLevel.Fastest),
            "deflate" => new ZLibStream(Response.Body, CompressionLevel.Fastest),
            "br" => new BrotliStream(Response.Body, CompressionLevel.Fastest),
            _ => null,
        };
        if (_compressor is not null)
        {
            _writer = PipeWriter.Create(_compressor);
            Response.Headers.ContentEncoding = encoding;
        }
    }

    internal void SetFormat(string format)
    {
        Response.Headers["X-ClickHouse-Format"] = format;
        Response.ContentType = FormatInfo.ContentType(format);
    }

    internal void SetSummary(EngineStatistics statistics) =>
        Response.Headers["X-ClickHouse-Summary"] = string.Create(CultureInfo.InvariantCulture,
            $$"""{"read_rows":"{{statistics.RowsRead}}","read_bytes":"{{statistics.BytesRead}}","written_rows":"{{statistics.RowsWritten}}","written_bytes":"{{statistics.BytesWritten}}","total_rows_to_read":"0","result_rows":"{{statistics.RowsWritten}}","result_bytes":"{{statistics.BytesWritten}}","elapsed_ns":"{{(long)(statistics.Seconds * 1e9)}}"}""");

    /// <summary>Copies a result, or a piece of one, frees it, and returns when the client has taken most of it.</summary>
    internal async Task WriteAsync(EngineResult? result, CancellationToken cancellationToken)
    {
        using (result)
        {
            var length = result?.Length ?? 0;
            for (var offset = 0L; offset < length;)
            {
                var piece = (int)Math.Min(PieceBytes, length - offset);
                Copy(result!, offset, piece);
                offset += piece;
                await _writer.FlushAsync(cancellationToken);
            }
        }
    }

    void Copy(EngineResult result, long offset, int length) => _writer.Write(result.Slice(offset, length));

    /// <summary>
    /// Before the body has begun: status, code and text. After that the status is gone, so the text follows what was sent, in the
    /// frame that clients look for, and the connection is broken off: nobody can take the body for complete.
    /// </summary>
    internal async Task FailAsync(EngineException exception)
    {
        if (!Response.HasStarted)
        {
            // A compressor has nothing yet; it is left behind so that its header and footer are not sent.
            Response.Headers.Remove("Content-Encoding");
            _compressor = null;
            Response.StatusCode = ErrorStatus.Of(exception.Code);
            Response.Headers["X-ClickHouse-Exception-Code"] = exception.Code.ToString(CultureInfo.InvariantCulture);
            Response.ContentType = "text/plain; charset=UTF-8";
            await Response.BodyWriter.WriteAsync(Encoding.UTF8.GetBytes(exception.Message + "\n"));
            return;
        }
        var text = exception.Message + "\n";
        var frame = $"\r\n__exception__\r\n{_exceptionTag}\r\n{text}{Encoding.UTF8.GetByteCount(text)} {_exceptionTag}\r\n__exception__\r\n";
        _writer.Write(Encoding.UTF8.GetBytes(frame));
        await EndAsync();
        // Kestrel sends what was written and closes without the last chunk. Abort() would reset the connection, and with it lose the text.
        throw new BrokenOffException();
    }

    /// <summary>Sends what a compressor still holds.</summary>
    internal async Task EndAsync()
    {
        await _writer.FlushAsync();
        if (_compressor is not null)
        {
            await _writer.CompleteAsync();
            await _compressor.DisposeAsync();
            _compressor = null;
            _writer = Response.BodyWriter;
        }
    }
}
