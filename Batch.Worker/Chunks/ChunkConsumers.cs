using Batch.Core.Chunks;
using Batch.Core.ClickHouse;
using Batch.Core.Log;
using Microsoft.Extensions.Options;

namespace Batch.Worker.Chunks;

/// <summary>Waits until there are tables and topics, then runs the members of the group until it is told to stop.</summary>
internal sealed class ChunkConsumers(
    ILog log, ChunkTopics topics, ClickHouseMigrations migrations, ChunkProcessor processor, IOptions<WorkerOptions> options,
    ILogger<ChunkConsumer> logger) : BackgroundService
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A worker may be the first to start: without tables its chunks would fail for a reason that is not theirs.
        await UntilDoneAsync(() => migrations.ApplyAsync(stoppingToken), stoppingToken);
        await UntilDoneAsync(() => topics.EnsureAsync(stoppingToken).AsTask(), stoppingToken);

        var members = Enumerable.Range(0, options.Value.Members).SelectMany(member => new[]
        {
            new ChunkConsumer(log, topics.ExpressGroup, topics.Express, processor, options.Value, logger, member),
            new ChunkConsumer(log, topics.BulkGroup, topics.Bulk, processor, options.Value, logger, member),
        });
        await Task.WhenAll(members.Select(member => Task.Run(() => member.RunAsync(stoppingToken), CancellationToken.None)));
    }

    async Task UntilDoneAsync(Func<Task> work, CancellationToken stoppingToken)
    {
        for (string? said = null; ; await Task.Delay(Pause, stoppingToken))
        {
            try
            {
                await work();
                return;
            }
            catch (Exception fault) when (fault is ClickHouseException or LogUnavailableException)
            {
                if (said != fault.Message)
                    WorkerLogMessages.WaitingToStart(logger, said = fault.Message);
            }
        }
    }
}
