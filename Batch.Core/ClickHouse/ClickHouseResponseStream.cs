using System.Text;
using Batch.Csv.Streams;

namespace Batch.Core.ClickHouse;

/// <summary>The body of an answer; an exception that ClickHouse wrote into it, after the good status, is thrown and not read.</summary>
/// <remarks>
/// The status line is long gone when a query fails in mid-stream, so ClickHouse appends the exception to what it has sent:
/// <code>
/// {"row":1,…}
/// {"row":2,…}
/// \r\n__exception__\r\n[tag]\r\nCode: 241. DB::Exception: …\n57 [tag]\r\n__exception__\r\n
/// </code>
/// with the tag of the header X-ClickHouse-Exception-Tag; older servers append the bare text. Hence the last
/// <see cref="HeldBack"/> bytes are handed out only when it is known that they are the end and no exception.
/// </remarks>
internal sealed class ClickHouseResponseStream(Stream body, string? tag, TimeSpan timeout) : ReadOnlyStream
{
    /// <summary>ClickHouse cuts the text of such an exception at 16 KiB.</summary>
    const int HeldBack = 17 * 1024;
    const string Frame = "__exception__\r\n";

    readonly byte[] _buffer = new byte[96 * 1024];
    int _start;
    int _end;
    bool _isWhole;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        while (!_isWhole && _end - _start <= HeldBack)
            await FillAsync(cancellationToken);
        var ready = _isWhole ? _end - _start : _end - _start - HeldBack;
        var taken = Math.Min(ready, buffer.Length);
        _buffer.AsMemory(_start, taken).CopyTo(buffer);
        _start += taken;
        return taken;
    }

    async Task FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            var read = await body.ReadAsync(_buffer.AsMemory(_end), limit.Token);
            _end += read;
            if (read > 0)
                return;
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            // The connection is broken off after a mid-stream exception: then its text says more than the broken connection does.
            ThrowIfException();
            throw new ClickHouseException(ClickHouseErrors.NoAnswer, $"The answer was interrupted: {exception.Message}", true, exception);
        }
        ThrowIfException();
        _isWhole = true;
    }

    void ThrowIfException()
    {
        // Bytes, not characters: the tail may begin in the middle of one.
        var tail = Encoding.Latin1.GetString(_buffer.AsSpan(Math.Max(_start, _end - HeldBack).._end));
        var text = tag is { Length: > 0 } ? Framed(tail, tag) : Bare(tail);
        if (text is not null)
            throw ClickHouseErrors.Of(200, null, Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(text)));
    }

    static string? Framed(string tail, string tag)
    {
        if (!tail.EndsWith($" {tag}\r\n{Frame}", StringComparison.Ordinal))
            return null;
        var opening = $"{Frame}{tag}\r\n";
        var start = tail.IndexOf(opening, StringComparison.Ordinal);
        if (start < 0)
            return null;
        var text = tail[(start + opening.Length)..^(tag.Length + 3 + Frame.Length)];
        return text[..Math.Max(0, text.LastIndexOf('\n'))];
    }

    // Rows of text formats hold no raw line break and no query of ours ends its rows with free bytes, so this is no row.
    static string? Bare(string tail)
    {
        var start = Math.Max(tail.LastIndexOf("\nCode: ", StringComparison.Ordinal) + 1, 0);
        var text = tail[start..].TrimEnd();
        return ClickHouseErrors.CodeIn(text) is not null && text.EndsWith(')') && text.Contains(" (version ", StringComparison.Ordinal) ? text : null;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            body.Dispose();
        base.Dispose(disposing);
    }
}
