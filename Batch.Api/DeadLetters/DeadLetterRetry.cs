using Batch.Api.Uploads;
using Batch.Core.Chunks;
using Batch.Core.DeadLetters;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Audit;
using Batch.Core.Jobs.Reading;
using Batch.Core.Jobs.Writing;
using Batch.Core.Models;
using Batch.Csv;
using Batch.Csv.Cutting;
using Batch.Csv.Validation;

namespace Batch.Api.DeadLetters;

/// <summary>Makes a new job out of the rows of a dead letter, once what stood in its way is mended.</summary>
/// <remarks>
/// The job has a label that follows from the dead letter, so there is one such job however often it is asked for. Rows that got into
/// the tables before the chunk was given up are left out: they are counted in the first job.
/// </remarks>
internal sealed class DeadLetterRetry(
    JobReader jobs, JobWriter writer, RowAudit audit, ModelStore models, DeadLetterStore letters, UploadPipeline pipeline, LogReadiness logReadiness,
    LabelLocks labels, ChunkerOptions chunker, IHostApplicationLifetime lifetime)
{
    // A chunk is held whole, and may be as large as the log allows: two at once are enough for what is done by hand.
    readonly SemaphoreSlim _turns = new(2, 2);

    /// <summary>The job, and whether it was made by this request.</summary>
    /// <exception cref="RequestException">409: the model is gone, or nothing is left to run again.</exception>
    public async Task<(Job Job, bool IsNew)> RunAsync(Job source, DeadLetterId id, ChunkHeader chunk, CancellationToken cancellationToken)
    {
        var label = DeadLetterStore.RetryLabel(id);
        var key = new JobKey(source.TenantId, JobIds.OfLabel(source.TenantId, label));
        using var hold = await labels.TakeAsync(key.JobId, cancellationToken);
        if (await jobs.FindAsync(key.TenantId, key.JobId, cancellationToken) is { } earlier)
            return (earlier, false);
        // The rows of a repair are not its own: they are still rejected rows of its source, and a later repair may have loaded them.
        if (source.SourceJobId is { } origin && !DeadLetterStore.IsRetry(source))
            throw new RequestException(409, "REPROCESS_INSTEAD",
                $"The dead letter {id} is of job {source.JobId}, which repairs rows of job {origin}. Reprocess job {origin}: that loads the rows that are not loaded yet.");
        var model = await models.FindAsync(source.TenantId, source.ModelId, cancellationToken) ?? throw new RequestException(409, "MODEL_DELETED",
            $"The model '{source.ModelName}' of job {source.JobId} has been deleted. Create it again and upload the rows: GET /dead-letters/{id}/rows.");
        await logReadiness.EnsureAsync(cancellationToken);

        await _turns.WaitAsync(cancellationToken);
        try
        {
            var bytes = await letters.RowsAsync(source.TenantId, id, chunk, cancellationToken);
            var known = await audit.RowNumbersAsync(source.Key, chunk.ModelId, chunk.FirstRow, chunk.LastRow, cancellationToken);
            if (known.Count >= chunk.Rows)
                throw new RequestException(409, "NOTHING_TO_RETRY",
                    $"All {chunk.Rows} rows of the dead letter {id} are in the tables of job {source.JobId}: they were loaded or rejected before the chunk was given up.");
            var dialect = chunk.Dialect;
            var header = CsvHeader.Parse(source.HeaderLine, dialect);
            // The source was accepted with these columns: one that is in no schema was ignored then, and is now.
            var mapping = ColumnMapping.Map(header.Names, model.Schema, ignoreExtraColumns: true);
            var job = NewJob.Of(key, model, header, mapping, dialect, chunk.Rules, chunk.FileDialect) with
            {
                FileName = source.FileName,
                Label = label,
                SourceJobId = source.JobId,
            };
            var plan = new UploadPlan(job, model, mapping, dialect);
            await writer.CreateAsync(plan.Job, CancellationToken.None);
            // Nobody's timeout ends this, only the end of the API: the rows are here already.
            return (await pipeline.RunAsync(plan, new DeadLetterRows(chunk, bytes, known, dialect, chunker.ChunkBytes), lifetime.ApplicationStopping), true);
        }
        finally
        {
            _turns.Release();
        }
    }
}
