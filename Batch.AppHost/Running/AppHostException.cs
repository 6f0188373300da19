namespace Batch.AppHost;

/// <summary>The system cannot start, for a reason the user can mend. Printed as one sentence.</summary>
internal sealed class AppHostException(string message, Exception? inner = null) : Exception(message, inner);
