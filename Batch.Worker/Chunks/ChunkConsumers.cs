using Batch.Core.Chunks;
using Batch.Core.ClickHouse;
using Batch.Core.Log;
using Batch.Core.Stores;
using Batch.Primitives;
using Microsoft.Extensions.Options;

namespace Batch.Worker.Chunks;

/// <summary>Waits until there are tables and topics, then runs the members of the group until it is told to stop. One that fails is started again.</summary>
internal sealed class ChunkConsumers(
    ILog log, ChunkTopics topics, ClickHouseMigrations migrations, ChunkProcessor processor, TransientFaultRetry retry, WaitingRecords waiting,
    IOptions<WorkerOptions> options, TimeProvider time, ILogger<ChunkConsumer> logger) : BackgroundService
{
    static readonly Backoff Restarts = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(30));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A worker may be the first to start: without tables its chunks would fail for a reason that is not theirs.
        await UntilDoneAsync(() => migrations.ApplyAsync(stoppingToken), stoppingToken);
        await UntilDoneAsync(() => topics.EnsureAsync(stoppingToken).AsTask(), stoppingToken);

        var members = Enumerable.Range(0, options.Value.Members).SelectMany(member => new[]
        {
            KeepRunningAsync(topics.ExpressGroup, topics.Express, member, stoppingToken),
            KeepRunningAsync(topics.BulkGroup, topics.Bulk, member, stoppingToken),
        });
        await Task.WhenAll(members);
    }

    async Task KeepRunningAsync(string group, string topic, int member, CancellationToken stoppingToken)
    {
        for (var failures = 0; !stoppingToken.IsCancellationRequested;)
        {
            var began = time.GetTimestamp();
            try
            {
                await Task.Run(
                    () => new ChunkConsumer(log, group, topic, processor, retry, waiting, options.Value, time, logger, member).RunAsync(stoppingToken),
                    CancellationToken.None);
            }
            catch (Exception fault)
            {
                WorkerLogMessages.MemberFailed(logger, member, group, fault);
                failures = time.GetElapsedTime(began) > Restarts.Longest ? 1 : failures + 1;
                await Task.Delay(Restarts.After(failures), time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    Task UntilDoneAsync(Func<Task> step, CancellationToken stoppingToken) => StartupStep.UntilDoneAsync(
        // Whatever the fault, as the API: only a person can make the worker newer.
        step, fault => fault is not (OperationCanceledException or RefusedStartException), reason => WorkerLogMessages.WaitingToStart(logger, reason),
        time, stoppingToken);
}
