namespace Batch.EmbeddedKafka.Storage;

/// <summary>The folder cannot be opened; the message is one sentence that says why.</summary>
public sealed class StorageException(string message, Exception? innerException = null) : Exception(message, innerException);
