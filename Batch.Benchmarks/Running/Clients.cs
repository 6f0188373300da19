using System.Diagnostics;
using Batch.Benchmarks.Results;
using Batch.Client;

namespace Batch.Benchmarks.Running;

/// <summary>Clients that submit the same good file again and again, each waiting for its job before the next.</summary>
/// <param name="rows">Rows in the file.</param>
internal sealed class Clients(BatchSystem system, byte[] file, int rows, int clients)
{
    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);
    static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);
    readonly Lock _gate = new();

    /// <summary>Milliseconds from POST to the answer to it, of each job.</summary>
    public Sample Accepted { get; } = new();

    /// <summary>Milliseconds from POST until a look says SUCCESS, of each job.</summary>
    public Sample Done { get; } = new();

    public List<string> JobIds { get; } = [];

    /// <summary>
    /// A number of jobs, alternating between the models; reports its progress on the error stream every ten seconds. Returns the seconds it took.
    /// </summary>
    public async Task<double> SubmitAsync(IReadOnlyList<Model> models, int jobs)
    {
        var begun = -1;
        var done = 0;
        var started = Stopwatch.GetTimestamp();
        var spoken = started;
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            for (int job; (job = Interlocked.Increment(ref begun)) < jobs;)
            {
                await SubmitAsync(models[job % models.Count]);
                lock (_gate)
                {
                    done++;
                    if (Stopwatch.GetElapsedTime(spoken) < BetweenLines)
                        continue;
                    spoken = Stopwatch.GetTimestamp();
                }
                await Console.Error.WriteLineAsync($"{done:N0} of {jobs:N0} jobs");
            }
        })));
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    async Task SubmitAsync(Model model)
    {
        var posted = Stopwatch.GetTimestamp();
        var job = await system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, new MemoryStream(file), CancellationToken.None);
        var answered = Stopwatch.GetElapsedTime(posted);
        while (!job.IsOver)
        {
            await Task.Delay(Look);
            job = await system.Api.GetJobAsync(job.JobId, CancellationToken.None);
        }
        if (job.State != JobState.Success || job.Success != rows)
            throw new InvalidOperationException($"Job {job.JobId} ended {job.State} with {job.Success} rows: {job.Failure}");
        lock (_gate)
        {
            JobIds.Add(job.JobId);
            Accepted.Add(answered.TotalMilliseconds);
            Done.Add(Stopwatch.GetElapsedTime(posted).TotalMilliseconds);
        }
    }
}
