using Batch.Core.Chunks;
using Batch.Core.ClickHouse;
using Batch.Core.Faults;
using Batch.Core.Models;
using Batch.Core.Telemetry;
using Batch.Core.Validation;

namespace Batch.Worker.Chunks;

/// <summary>Validates a chunk and puts its rows where they belong: good ones into the model's table, bad ones into rejected_rows.</summary>
internal sealed class ChunkLoader(ClickHouseClient clickHouse, ValidatorPool validators)
{
    public async Task<ChunkFigures> LoadAsync(ChunkHeader header, ModelVersion model, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (ChunkHeaderCodec.Checksum(bytes.Span) != header.Checksum)
            throw new ChunkFormatException($"The chunk's bytes do not have the checksum they were sent with ({header.Checksum:x8}).");

        using var rented = validators.Rent(bytes.Length);
        ValidatedChunk rows;
        using (ChunkMetrics.Time(ChunkStage.Validate))
        using (BatchSpans.StartStage(ChunkStage.Validate))
            rows = rented.Validator.Validate(header, model.Schema, bytes, cancellationToken);
        if (rows.Rows != header.Rows)
            throw new ChunkFormatException($"The chunk holds {rows.Rows} rows where its header says {header.Rows}.");
        FaultPoint.Reached(FaultPoint.ChunkValidated, header.Ordinal);

        if (rows.Data is { } data)
            using (ChunkMetrics.Time(ChunkStage.Insert))
                await clickHouse.InsertAsync(model.Table, data.Columns, data.Bytes, $"{header.JobId}:{header.Ordinal}", cancellationToken);
        FaultPoint.Reached(FaultPoint.DataInserted, header.Ordinal);

        if (rows.Errors > 0)
            using (ChunkMetrics.Time(ChunkStage.Rejects))
                await InsertRejectedAsync(header, rows, cancellationToken);
        FaultPoint.Reached(FaultPoint.RejectsInserted, header.Ordinal);

        return new ChunkFigures(rows.Success, rows.Errors, [.. rows.ErrorCounts]);
    }

    async Task InsertRejectedAsync(ChunkHeader header, ValidatedChunk rows, CancellationToken cancellationToken)
    {
        var part = 0;
        foreach (var block in rows.RejectedBlocks())
            await clickHouse.InsertAsync(
                "rejected_rows", block.Columns, block.Bytes, $"{header.JobId}:{header.Ordinal}:{part++}", cancellationToken);
    }
}
