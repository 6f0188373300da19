namespace Batch.Core.Telemetry;

/// <summary>The path of one chunk through a worker, in order; the values of the label <c>stage</c>.</summary>
public enum ChunkStage
{
    /// <summary>From the append to the log until a worker started on it.</summary>
    Wait,
    /// <summary>Looking for a receipt and for a cancellation.</summary>
    Gate,
    /// <summary>Parsing, validating and encoding.</summary>
    Validate,
    /// <summary>Inserting the good rows.</summary>
    Insert,
    /// <summary>Inserting the rejected rows.</summary>
    Rejects,
    /// <summary>Inserting the receipt.</summary>
    Receipt,
}
