using System.Runtime.CompilerServices;
using Batch.Csv.Dialects;
using Batch.Primitives;

namespace Batch.Csv.Cutting;

/// <summary>Cuts a body into chunks of whole rows while it arrives, in constant memory whatever its size.</summary>
/// <remarks>
/// The body is read straight into the buffer that its chunks are slices of; only the beginning of a chunk that does not fit any more is
/// copied, to the start of the next buffer. Chunks depend on the file and the options alone, not on how the network sliced the body.
/// <code>
/// buffer   | chunk 7 ........................ | chunk 8: row, row, half a ro|   these rows move to the next buffer
///                                             ^_start            ^_scanner.RowStart
/// </code>
/// An over-long line leaves a gap between what is kept and what comes after; see <see cref="Keep"/>.
/// Reading is for one thread; the three counters may be read by others.
/// </remarks>
public sealed partial class CsvUpload : IAsyncDisposable
{
    readonly FileHead _head;
    Stream _body;
    CsvDialect _dialect;
    readonly ChunkerOptions _options;
    readonly ByteBudget _budget;
    readonly RowScanner _scanner;
    readonly int _capacity;
    readonly UploadTuning _tuning;

    ChunkBuffer? _buffer;
    bool _bodyEnded;
    bool _started;
    bool _inLongLine;
    bool _endsWithBreak;
    int _start;       // of the chunk in hand
    int _kept;        // end of what it keeps
    int _from;        // what comes after _kept, or _kept itself where there is no gap
    int _scanAt;      // do not scan before so much is there
    long _firstRow = 1;
    long _line = 1;
    long _rowsSeen;
    int _chunks;

    CsvUpload(Stream body, CsvDialect dialect, FileHead head, ChunkerOptions options, ByteBudget budget, UploadTuning tuning)
    {
        _head = head;
        (_body, _dialect, _options, _budget, _tuning) = (body, dialect, options, budget, tuning);
        _scanner = new(dialect, tuning.UseBlocks);
        _capacity = CapacityFor(dialect, options, tuning.HeadBytes);
    }

    /// <summary>The header line.</summary>
    public CsvHeader Header { get; private set; } = null!;

    /// <summary>How the rows are to be read: as was asked for, and line by line where the header line has one column.</summary>
    public CsvDialect Dialect => _dialect;

    /// <summary>Blank lines that were skipped, before and between the rows and after them. Known once the body has ended.</summary>
    public long BlankLines => _dialect.IsOneColumn ? 0
        : _line - 1 - _scanner.QuotedLines - _scanner.CommentLines - _head.Skip - _head.HeaderLines + 1 - (_rowsSeen + (_endsWithBreak ? 1 : 0));

    /// <summary>Data rows seen so far; exact once the body has ended.</summary>
    public long RowsSeen => Volatile.Read(ref _rowsSeen);

    /// <summary>The walk over the bytes, for tests.</summary>
    internal long BytesWalked => _scanner.Walked;

    /// <summary>Reads the head of the body up to the header line.</summary>
    /// <param name="body">CSV bytes, decompressed; stays the caller's.</param>
    /// <param name="dialect">Separator and longest row.</param>
    /// <param name="options">Where chunks end.</param>
    /// <param name="budget">Shared by all uploads of the process.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="CsvFileException">The file cannot be read as CSV at all.</exception>
    public static Task<CsvUpload> OpenAsync(
        Stream body, CsvDialect dialect, ChunkerOptions options, ByteBudget budget, CancellationToken cancellationToken) =>
        OpenAsync(body, dialect, FileHead.Plain, options, budget, cancellationToken);

    /// <inheritdoc cref="OpenAsync(Stream, CsvDialect, ChunkerOptions, ByteBudget, CancellationToken)"/>
    /// <param name="head">How it begins and ends.</param>
    public static Task<CsvUpload> OpenAsync(
        Stream body, CsvDialect dialect, FileHead head, ChunkerOptions options, ByteBudget budget, CancellationToken cancellationToken) =>
        OpenAsync(body, dialect, options, budget, UploadTuning.Default, cancellationToken, head);

    internal static async Task<CsvUpload> OpenAsync(
        Stream body, CsvDialect dialect, ChunkerOptions options, ByteBudget budget, UploadTuning tuning, CancellationToken cancellationToken,
        FileHead? head = null)
    {
        var upload = new CsvUpload(body, dialect, head ?? FileHead.Plain, options, budget, tuning);
        try
        {
            await upload.ReadHeadAsync(cancellationToken);
            return upload;
        }
        catch
        {
            await upload.DisposeAsync();
            throw;
        }
    }

    /// <summary>The chunks, in order. Each holds its share of the budget until it is disposed. Can be asked for once.</summary>
    /// <remarks>A chunk is handed out as soon as it is full or the body ends; a file without rows has none.</remarks>
    public async IAsyncEnumerable<RawChunk> ReadChunksAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_started)
            throw new InvalidOperationException("The chunks of an upload can be read once.");
        _started = true;

        await LeaveHeadAsync(cancellationToken);
        while (true)
        {
            var next = Cut(out var chunk);
            if (chunk is not null)
                yield return chunk;
            if (next == Next.Done)
                break;
            if (next == Next.Read)
                await FillAsync(cancellationToken);
            else if (next == Next.Turn)
                await TurnAsync(_capacity, cancellationToken);
        }
        ReleaseBuffer();
    }

    /// <summary>Reads on to the end of the body only to count the rows: <see cref="RowsSeen"/> is exact then.</summary>
    public async Task CountRowsAsync(CancellationToken cancellationToken)
    {
        await foreach (var chunk in ReadChunksAsync(cancellationToken))
            chunk.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        ReleaseBuffer();
        return default;
    }

    /// <summary>Reads until it is worth a scan: enough bytes have come, the buffer is full, or the body has ended.</summary>
    async Task FillAsync(CancellationToken cancellationToken)
    {
        var buffer = _buffer!;
        while (!_bodyEnded && buffer.Filled < Math.Min(_scanAt, buffer.Capacity))
        {
            var read = await _body.ReadAsync(buffer.Room, cancellationToken);
            buffer.Filled += read;
            _bodyEnded = read == 0;
            if (read > 0)
                _endsWithBreak = buffer.Data[^1] is (byte)'\n' or (byte)'\r';
        }
    }

    /// <summary>Goes on in a new buffer, with what there is of the chunk in hand.</summary>
    /// <remarks>
    /// The old buffer is let go before the new one is waited for. An upload that waited while it held one could, with others of its
    /// kind, hold the whole budget for ever.
    /// </remarks>
    async Task TurnAsync(int capacity, CancellationToken cancellationToken)
    {
        var rest = _buffer!.Filled - _start;
        var aside = ChunkBuffer.RentUncounted(Math.Max(1, rest));
        try
        {
            aside.Append(_buffer.Data[_start..]);
            ReleaseBuffer();
            _buffer = await ChunkBuffer.RentAsync(capacity, _budget, cancellationToken);
            _buffer.Append(aside.Data);
        }
        finally
        {
            aside.Release();
        }
        MoveDown(_start);
    }

    /// <summary>The chunk in hand starts at 0 now.</summary>
    void MoveDown(int by)
    {
        _scanner.Move(_scanner.RowStart - by, _scanner.FirstRow - by);
        (_start, _kept, _from) = (_start - by, _kept - by, _from - by);
    }

    void ReleaseBuffer()
    {
        _buffer?.Release();
        _buffer = null;
    }

    /// <summary>Room for a chunk, and for twice the longest row: each buffer gets at least half a buffer further.</summary>
    static int CapacityFor(CsvDialect dialect, ChunkerOptions options, int headBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dialect.MaxRowBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dialect.MaxRowBytes, 256 << 20);
        var bytes = Math.Max(Math.Max(options.ChunkBytes, headBytes), 2 * (dialect.MaxRowBytes + 4));
        return (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)bytes);
    }
}
