using Batch.Core.Chunks;
using Batch.Core.ClickHouse;
using Batch.Core.Log;
using Batch.Core.Stores;
using Batch.Primitives;
using Microsoft.Extensions.Options;

namespace Batch.Worker.Chunks;

/// <summary>Waits until there are tables and topics, then runs the members of the group until it is told to stop.</summary>
internal sealed class ChunkConsumers(
    ILog log, ChunkTopics topics, ClickHouseMigrations migrations, ChunkProcessor processor, IOptions<WorkerOptions> options,
    TimeProvider time, ILogger<ChunkConsumer> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A worker may be the first to start: without tables its chunks would fail for a reason that is not theirs.
        await UntilDoneAsync(() => migrations.ApplyAsync(stoppingToken), stoppingToken);
        await UntilDoneAsync(() => topics.EnsureAsync(stoppingToken).AsTask(), stoppingToken);

        var members = Enumerable.Range(0, options.Value.Members).SelectMany(member => new[]
        {
            new ChunkConsumer(log, topics.ExpressGroup, topics.Express, processor, options.Value, time, logger, member),
            new ChunkConsumer(log, topics.BulkGroup, topics.Bulk, processor, options.Value, time, logger, member),
        });
        await Task.WhenAll(members.Select(member => Task.Run(() => member.RunAsync(stoppingToken), CancellationToken.None)));
    }

    Task UntilDoneAsync(Func<Task> step, CancellationToken stoppingToken) => StartupStep.UntilDoneAsync(
        // Whatever the fault, as the API: only a person can make the worker newer.
        step, fault => fault is not (OperationCanceledException or RefusedStartException), reason => WorkerLogMessages.WaitingToStart(logger, reason),
        time, stoppingToken);
}
