namespace Batch.EmbeddedClickHouse.Http;

/// <summary>Ends a response that has begun and cannot be completed; thrown out of the handler, for Kestrel to close the connection.</summary>
internal sealed class BrokenOffException() : Exception("The response was broken off; its end says why.");
