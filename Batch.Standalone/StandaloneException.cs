namespace Batch.Standalone;

/// <summary>The system cannot start, for a reason the user can mend. Printed as one sentence.</summary>
internal sealed class StandaloneException(string message, Exception? inner = null) : Exception(message, inner);
