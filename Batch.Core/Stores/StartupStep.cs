namespace Batch.Core.Stores;

/// <summary>A step of a process's start that needs ClickHouse or the log, either of which may come up later than the process.</summary>
public static class StartupStep
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Repeats the step until it succeeds, for as long as that takes.</summary>
    /// <param name="isWaitedFor">Faults that may pass; any other is thrown.</param>
    /// <param name="waits">Told why, and again when that changes.</param>
    public static async Task UntilDoneAsync(
        Func<Task> step, Func<Exception, bool> isWaitedFor, Action<string> waits, TimeProvider time, CancellationToken stoppingToken)
    {
        for (string? lastReason = null; ; await Task.Delay(Pause, time, stoppingToken))
        {
            try
            {
                await step();
                return;
            }
            catch (Exception fault) when (isWaitedFor(fault))
            {
                if (lastReason != fault.Message)
                    waits(lastReason = fault.Message);
            }
        }
    }
}
