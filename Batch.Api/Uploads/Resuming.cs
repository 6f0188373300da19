using Batch.Client;
using Batch.Core.DeadLetters;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Reading;
using Batch.Core.Jobs.Writing;
using Batch.Core.Models;
using Batch.Csv.Cutting;
using Batch.Csv.Schema;

namespace Batch.Api.Uploads;

/// <summary>Carries on a load that broke off: the file is cut as it was the first time, and only the chunks that are not done are brought again.</summary>
/// <remarks>
/// Chunks depend on the file and the settings alone, and receipts say which bytes they are of. So the settings are those of the first attempt,
/// whatever has been configured since, and the version of the model is the job's.
/// </remarks>
internal sealed class Resuming(JobReader jobs, JobWriter writer, ModelStore models, DeadLetterStore letters)
{
    /// <summary>The settings that the job's file was cut by.</summary>
    public static ChunkerOptions CutAs(Job job, ChunkerOptions options) => job is not { ChunkBytes: { } bytes, MaxChunkRows: { } rows }
        ? throw LabelProblems.NotResumable(job)
        : new() { ChunkBytes = bytes, MaxChunkRows = rows, BudgetBytes = options.BudgetBytes, MaxColumns = options.MaxColumns };

    /// <summary>The version of the model that the job started with.</summary>
    /// <exception cref="RequestException">409: it is gone, or the request differs from the one that started the load.</exception>
    public async Task<ModelVersion> ModelAsync(Job job, UploadSettings settings, CancellationToken cancellationToken)
    {
        if (settings.Dialect is { } given && DialectOptions.Of(given, job.Dialect) != job.Dialect)
            throw LabelProblems.ContentDiffers(job, given.Delimiter is null ? "a different dialect is given" : "a different separator is given");
        if (settings.MaxErrors is { } budget && job.Errors > budget)
            throw LabelProblems.BudgetIsSpent(job, budget);
        return await models.GetVersionAsync(job.TenantId, job.ModelId, job.ModelVersion, cancellationToken) ?? throw new RequestException(409, "MODEL_DELETED",
            $"The model '{job.ModelName}' of job {job.JobId} has been deleted, so the load '{job.Label}' cannot be resumed. Create a model and send the file under a new label.");
    }

    /// <summary>Opens the job's next attempt, with what is loaded already.</summary>
    /// <exception cref="RequestException">409: it is a different file, or that cannot be determined.</exception>
    /// <exception cref="JobExistsException">Another request is resuming it.</exception>
    public async Task<UploadPlan> OpenAsync(Job job, UploadPlan plan, CancellationToken cancellationToken)
    {
        if (!job.HeaderLine.AsSpan().SequenceEqual(plan.Job.HeaderLine))
            throw LabelProblems.ContentDiffers(job, "it has a different header line");
        var loaded = await jobs.LoadedChunksAsync(job.Key, cancellationToken);
        if (!loaded.AreComparable)
            throw LabelProblems.NotResumable(job);
        if (await RetriedAsync(job, cancellationToken) is { } letter)
            throw LabelProblems.NotResumable(job, letter);
        var upload = await writer.ResumeAsync(job, plan.Job.MaxErrors, cancellationToken);
        return plan with { Attempt = upload.Number, Loaded = loaded };
    }

    /// <summary>A dead letter of the job whose rows belong to another job by now.</summary>
    async Task<DeadLetter?> RetriedAsync(Job job, CancellationToken cancellationToken)
    {
        string? cursor = null;
        do
        {
            var page = await letters.ListAsync(job.TenantId, job.JobId, cursor, 1000, cancellationToken);
            if (page.DeadLetters.FirstOrDefault(letter => letter.RetryJobId is not null) is { } retried)
                return retried;
            cursor = page.Next;
        }
        while (cursor is not null);
        return null;
    }
}
