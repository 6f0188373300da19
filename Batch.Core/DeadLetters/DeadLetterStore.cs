using System.Buffers.Binary;
using System.Text;
using Batch.Core.Chunks;
using Batch.Core.ClickHouse;
using Batch.Core.Log;

namespace Batch.Core.DeadLetters;

/// <summary>Chunks that could not be processed at all, kept with their bytes and the reason.</summary>
/// <remarks>One that is there already, as after a crash before the commit, is not added again. What reads is in <c>DeadLetterStore.Queries.cs</c>.</remarks>
public sealed partial class DeadLetterStore(ClickHouseClient clickHouse)
{
    static readonly string[] Columns = ["tenant_id", "job_id", "ordinal", "worker", "attempts", "error", "header", "payload"];

    public Task AddAsync(LoggedChunk chunk, int attempts, Exception reason, CancellationToken cancellationToken)
    {
        var (tenantId, jobId, ordinal) = (chunk.Header.TenantId, chunk.Header.JobId, chunk.Header.Ordinal);
        var id = new DeadLetterId(jobId, ordinal);
        return AddAsync(
            tenantId, id, attempts, reason.Message, chunk.Json, chunk.Bytes, id.ToString(), This, Parameters(tenantId, id), cancellationToken);
    }

    /// <summary>A record whose header nobody can read: without tenant and job, known by where it stood in the log.</summary>
    public Task AddUnreadableAsync(LogRecord record, string reason, CancellationToken cancellationToken)
    {
        var position = record.Position;
        var place = $"{position.Topic}:{position.Partition}:{position.Offset}";
        var error = $"{reason} (record {place})";
        return AddAsync(
            "", new("", 0), 1, error, record.Header(ChunkHeaderCodec.HeaderKey) ?? default, record.Value, place,
            "d.tenant_id = '' AND d.job_id = '' AND d.error = {error:String}", new ClickHouseParameters().Add("error", error), cancellationToken);
    }

    async Task AddAsync(
        string tenantId, DeadLetterId id, int attempts, string error, ReadOnlyMemory<byte> header, ReadOnlyMemory<byte> payload,
        string token, string same, ClickHouseParameters parameters, CancellationToken cancellationToken)
    {
        // RowBinary: a string is its length as a varint and its bytes, whatever they are; JSON could not carry every payload.
        using var row = new MemoryStream();
        Text(row, Encoding.UTF8.GetBytes(tenantId));
        Text(row, Encoding.UTF8.GetBytes(id.JobId));
        Number(row, (uint)id.Ordinal);
        Text(row, Encoding.UTF8.GetBytes(Environment.MachineName));
        Number(row, (uint)attempts);
        Text(row, Encoding.UTF8.GetBytes(error));
        Text(row, header.Span);
        Text(row, payload.Span);
        await clickHouse.InsertOnceAsync(
            ClickHouseTables.DeadLetters, token,
            () => clickHouse.QueryAsync(
                $"SELECT '' AS header FROM {ClickHouseTables.DeadLetters} AS d WHERE {same} LIMIT 1",
                parameters, DeadLetterJson.Default.HeaderLine, cancellationToken),
            found => found.Count > 0,
            next => clickHouse.InsertRowBinaryAsync(
                ClickHouseTables.DeadLetters, Columns, row.GetBuffer().AsMemory(0, (int)row.Length), rows: 1, next, cancellationToken),
            cancellationToken);
    }

    static void Number(MemoryStream row, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        row.Write(bytes);
    }

    static void Text(MemoryStream row, ReadOnlySpan<byte> bytes)
    {
        for (var length = (uint)bytes.Length; ; length >>= 7)
        {
            row.WriteByte((byte)(length < 0x80 ? length : length | 0x80));
            if (length < 0x80)
                break;
        }
        row.Write(bytes);
    }
}
