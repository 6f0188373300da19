namespace Batch.EmbeddedClickHouse;

/// <summary>The process cannot start. The message is one sentence for the person who started it.</summary>
internal sealed class StartupException(string message) : Exception(message);
