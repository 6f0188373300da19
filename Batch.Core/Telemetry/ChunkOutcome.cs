namespace Batch.Core.Telemetry;

/// <summary>How a worker was done with a chunk; the values of the label <c>outcome</c>.</summary>
public enum ChunkOutcome
{
    /// <summary>Its rows were loaded or rejected, and its receipt written.</summary>
    Loaded,
    /// <summary>It had a receipt already: a redelivery.</summary>
    Duplicate,
    /// <summary>Its job was over (cancelled, failed); its rows are abandoned.</summary>
    Abandoned,
    /// <summary>It failed every time and was set aside.</summary>
    DeadLetter,
}
