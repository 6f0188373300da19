using System.Net;
using Microsoft.Extensions.Logging;

namespace Batch.EmbeddedKafka.Server;

internal static partial class ServerLogMessages
{
    [LoggerMessage(4201, LogLevel.Warning, "A connection from {Client} was closed: {Reason}")]
    public static partial void ConnectionRefused(this ILogger logger, IPAddress client, string reason);

    [LoggerMessage(4202, LogLevel.Error, "A request from {Client} failed; its connection was closed.")]
    public static partial void RequestFailed(this ILogger logger, IPAddress client, Exception exception);

    [LoggerMessage(4203, LogLevel.Warning, "The limit of {Limit} open connections is reached; a new one was closed.")]
    public static partial void TooManyConnections(this ILogger logger, int limit);

    [LoggerMessage(4204, LogLevel.Warning, "Could not accept a connection: {Reason}")]
    public static partial void AcceptFailed(this ILogger logger, string reason);

    [LoggerMessage(4205, LogLevel.Error, "A connection failed.")]
    public static partial void ConnectionFailed(this ILogger logger, Exception exception);
}
