namespace Batch.Standalone;

/// <summary>The dashboard could not be fetched or started. The system runs without it; the message says what to do.</summary>
public sealed class AspireDashboardException(string message, Exception? inner = null) : Exception(message, inner);
