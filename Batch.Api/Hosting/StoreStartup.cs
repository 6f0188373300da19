using Batch.Core.Chunks;
using Batch.Core.ClickHouse;
using Batch.Core.Stores;
using Batch.Primitives;

namespace Batch.Api.Hosting;

/// <summary>Brings ClickHouse's tables and the log's topics up to date, in the background and for as long as it takes.</summary>
internal sealed class StoreStartup(
    ClickHouseMigrations migrations, StoreReadiness readiness, ChunkTopics topics, TimeProvider time, ILogger<StoreStartup> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (clickHouse, log) = (PrepareClickHouseAsync(stoppingToken), PrepareLogAsync(stoppingToken));
        // One that is refused does not wait for the other.
        await await Task.WhenAny(clickHouse, log);
        await Task.WhenAll(clickHouse, log);
    }

    async Task PrepareClickHouseAsync(CancellationToken stoppingToken)
    {
        await StartupStep.UntilDoneAsync(() => migrations.ApplyAsync(stoppingToken), IsWaitedFor, reason =>
        {
            readiness.NotReady(reason);
            logger.ClickHouseNotReady(reason);
        }, time, stoppingToken);
        readiness.Ready();
        logger.ClickHouseReady();
    }

    async Task PrepareLogAsync(CancellationToken stoppingToken)
    {
        await StartupStep.UntilDoneAsync(() => topics.EnsureAsync(stoppingToken).AsTask(), IsWaitedFor, logger.LogNotReady, time, stoppingToken);
        logger.LogReady();
    }

    // Whatever the fault: an API that is up and reports it is more useful than one that has exited. Only a person can make it newer.
    static bool IsWaitedFor(Exception fault) => fault is not (OperationCanceledException or RefusedStartException);
}
