namespace Batch.Primitives;

/// <summary>The process cannot work before its user mends something. The message is one sentence that says what.</summary>
public abstract class RefusedStartException(string message, Exception? inner = null) : Exception(message, inner);
