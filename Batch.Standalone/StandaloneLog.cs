using Microsoft.Extensions.Logging;

namespace Batch.Standalone;

internal static partial class StandaloneLog
{
    [LoggerMessage(4001, LogLevel.Error, "The ClickHouse engine ended with exit code {ExitCode}; starting it again. Chunks in hand wait for it.")]
    public static partial void EngineDied(ILogger logger, int exitCode);

    [LoggerMessage(4002, LogLevel.Warning, "The ClickHouse engine runs again, as process {ProcessId}.")]
    public static partial void EngineRestarted(ILogger logger, int processId);

    [LoggerMessage(4003, LogLevel.Error, "The ClickHouse engine could not be started; trying again. {Reason}")]
    public static partial void EngineNotStarted(ILogger logger, string reason);

    [LoggerMessage(4004, LogLevel.Debug, "ClickHouse: {Line}")]
    public static partial void EngineSaid(ILogger logger, string line);
}
