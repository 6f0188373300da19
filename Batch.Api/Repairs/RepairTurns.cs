using Batch.Core.Jobs;
using Batch.Core.Jobs.Reading;

namespace Batch.Api.Repairs;

/// <summary>Repairs of one file come one after the other, on however many APIs: so no two of them take the same rows.</summary>
/// <remarks>The id of the next one follows from those there are (<see cref="JobFamily.Next"/>), and whoever creates it first has the turn.</remarks>
internal sealed class RepairTurns(JobReader jobs, TimeProvider time)
{
    /// <summary>A small repair is over by then; who asks meanwhile need not ask again.</summary>
    static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>The file's jobs, no repair of which is running; or the repair that the label stands for already.</summary>
    /// <exception cref="RequestException">409: one is running.</exception>
    public async Task<(JobFamily Family, Job? Earlier)> TakeAsync(Job source, string? label, CancellationToken cancellationToken)
    {
        for (var waited = TimeSpan.Zero; ; waited += Pause)
        {
            var family = await jobs.FamilyAsync(source, cancellationToken);
            if (label is not null && family.Labelled(label) is { } earlier && (!earlier.IsFinal || earlier.Success > 0))
                return (family, earlier);
            if (family.Running is not { } running)
                return (family, null);
            if (waited >= LongestWait)
                throw IsRunning(running);
            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    static RequestException IsRunning(Job running) => new(409, "REPAIR_RUNNING", running.IsOver
        ? $"Job {running.JobId}, which repairs rows of the same file, is over ({WireNames.Of(running.State)}), but some of its chunks are still in progress. Repairs of a file run one at a time: try again in a minute."
        : $"Job {running.JobId} is repairing rows of the same file. Repairs of a file run one at a time: wait until it is over, or cancel it, then try again for what is left.");

    /// <summary>Another request has taken the turn in the meantime.</summary>
    public static RequestException WasTaken(JobKey repair) => new(409, "REPAIR_RUNNING",
        $"Job {repair.JobId} started to repair rows of the same file while this file was being read. Wait until it is over, then try again for what is left.");
}
