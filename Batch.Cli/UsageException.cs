namespace Batch.Cli;

/// <summary>The command line asks for something that cannot be; the message says how to ask.</summary>
internal sealed class UsageException(string message) : Exception(message);
