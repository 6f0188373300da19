using System.Buffers;
using System.Diagnostics;
using Batch.Core.Telemetry;
using ClickHouse.Driver;

namespace Batch.Core.ClickHouse;

public sealed partial class ClickHouseClient
{
    /// <summary>
    /// Inserts one Native block. Returns once ClickHouse has acknowledged it; a block whose token it has seen before is dropped, so
    /// the same block may be sent any number of times, as long as ClickHouse does not crash in between (<see cref="InsertOnceAsync"/>).
    /// </summary>
    /// <param name="table">Unquoted.</param>
    /// <param name="columns">Unquoted, in the block's order; the table's other columns get their defaults.</param>
    /// <param name="native">One block, which ClickHouse makes atomic: at most 1,048,449 rows.</param>
    public Task InsertAsync(
        string table, IReadOnlyList<string> columns, ReadOnlySequence<byte> native, string deduplicationToken,
        CancellationToken cancellationToken) =>
        InsertAsync(table, columns, "Native", native, RowsOf(native), deduplicationToken, cancellationToken);

    /// <summary>The same with JSON lines; columns missing in a line get their defaults.</summary>
    internal Task InsertJsonAsync(
        string table, IReadOnlyList<string> columns, ReadOnlyMemory<byte> lines, int rows, string deduplicationToken,
        CancellationToken cancellationToken) =>
        InsertAsync(table, columns, "JSONEachRow", new(lines), rows, deduplicationToken, cancellationToken);

    /// <summary>The same with rows in RowBinary, for tables with binary data.</summary>
    internal Task InsertRowBinaryAsync(
        string table, IReadOnlyList<string> columns, ReadOnlyMemory<byte> bytes, int rows, string deduplicationToken,
        CancellationToken cancellationToken) =>
        InsertAsync(table, columns, "RowBinary", new(bytes), rows, deduplicationToken, cancellationToken);

    /// <summary>A token that no other insert has: for rows that may be duplicated, and must not be dropped as duplicates.</summary>
    /// <remarks>Without a token ClickHouse derives one from the rows, since 26.2 even if <c>insert_deduplicate</c> is 0.</remarks>
    internal static string NewToken() => Guid.NewGuid().ToString("N");

    async Task InsertAsync(
        string table, IReadOnlyList<string> columns, string format, ReadOnlySequence<byte> bytes, long rows, string deduplicationToken,
        CancellationToken cancellationToken)
    {
        var queryId = Guid.NewGuid().ToString("N");
        using var span = Activity.Current is null ? null : BatchSpans.StartInsert(table, queryId);
        var started = Stopwatch.GetTimestamp();
        var names = string.Join(", ", columns.Select(ClickHouseIdentifier.Quote));
        var sql = $"INSERT INTO {ClickHouseIdentifier.Quote(table)} ({names}) FORMAT {format}";
        var settings = new QueryOptions
        {
            QueryId = queryId,
            // async_insert=0: an insert that the server combines with others shares their outcome and loses its token.
            CustomSettings = new Dictionary<string, object>
            {
                [ClickHouseFaults.WaitForEnd] = 1,
                ["async_insert"] = 0,
                ["insert_deduplicate"] = 1,
                ["insert_deduplication_token"] = deduplicationToken,
            },
        };
        using var timeout = Limit(cancellationToken);
        try
        {
            var insert = _driver.PostStreamAsync(sql, (body, token) => WriteAsync(bytes, body, token), isCompressed: false, timeout.Token, settings);
            using var response = await Guard(insert, cancellationToken);
            ClickHouseMetrics.Inserted(table, rows, bytes.Length, Stopwatch.GetElapsedTime(started));
        }
        catch (ClickHouseException exception)
        {
            ClickHouseMetrics.InsertFailed(table, exception.ErrorCode, Stopwatch.GetElapsedTime(started));
            Describe(span, exception);
            throw;
        }
    }

    // Segments go to the socket without copying.
    static async Task WriteAsync(ReadOnlySequence<byte> bytes, Stream body, CancellationToken cancellationToken)
    {
        foreach (var segment in bytes)
            await body.WriteAsync(segment, cancellationToken);
    }

    // A Native block starts with its number of columns and its number of rows, as varints: 03 E8 07 … is 3 columns, 1,000 rows.
    static long RowsOf(in ReadOnlySequence<byte> native)
    {
        var reader = new SequenceReader<byte>(native);
        ReadVarint(ref reader);
        return ReadVarint(ref reader);
    }

    static long ReadVarint(ref SequenceReader<byte> reader)
    {
        long value = 0;
        for (var shift = 0; shift < 63 && reader.TryRead(out var part); shift += 7)
        {
            value |= (long)(part & 0x7F) << shift;
            if (part < 0x80)
                break;
        }
        return value;
    }
}
