namespace Batch.EmbeddedKafka;

/// <summary>The broker cannot start. The message is one sentence for the person who started it.</summary>
public sealed class StartupException(string message, Exception? inner = null) : Exception(message, inner);
