using Batch.Core.Chunks;
using Batch.Core.ClickHouse;

namespace Batch.Api.Hosting;

/// <summary>Brings ClickHouse's tables and the log's topics up to date, in the background and for as long as it takes.</summary>
internal sealed class StoreStartup(
    ClickHouseMigrations migrations, StoreReadiness readiness, ChunkTopics topics, ILogger<StoreStartup> logger) : BackgroundService
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(PrepareClickHouseAsync(stoppingToken), PrepareLogAsync(stoppingToken));

    async Task PrepareClickHouseAsync(CancellationToken stoppingToken)
    {
        for (string? said = null; ; await Task.Delay(Pause, stoppingToken))
        {
            try
            {
                await migrations.ApplyAsync(stoppingToken);
                readiness.Ready();
                logger.ClickHouseReady();
                return;
            }
            // Whatever the fault: an API that is up and reports it is more useful than one that has exited.
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                readiness.NotReady(fault.Message);
                if (said != fault.Message)
                    logger.ClickHouseNotReady(said = fault.Message);
            }
        }
    }

    async Task PrepareLogAsync(CancellationToken stoppingToken)
    {
        for (string? said = null; ; await Task.Delay(Pause, stoppingToken))
        {
            try
            {
                await topics.EnsureAsync(stoppingToken);
                logger.LogReady();
                return;
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                if (said != fault.Message)
                    logger.LogNotReady(said = fault.Message);
            }
        }
    }
}
