using Microsoft.Extensions.Logging;

namespace Batch.ServiceDefaults.Health;

static partial class DependencyLogMessages
{
    [LoggerMessage(EventId = 900, Level = LogLevel.Warning, Message = "{Dependency} does not work: {Reason}")]
    public static partial void WentDown(ILogger logger, string dependency, string reason);

    [LoggerMessage(EventId = 901, Level = LogLevel.Information, Message = "{Dependency} works again.")]
    public static partial void CameBack(ILogger logger, string dependency);
}
