using Batch.Core.Telemetry;
using Batch.Core.Validation;

namespace Batch.Worker.Chunks;

/// <summary>What became of a chunk's rows.</summary>
internal readonly record struct ChunkFigures(int Success, int Errors, IReadOnlyList<ErrorCount> ErrorCounts)
{
    /// <summary>Into the metrics: once a chunk, when its receipt is written.</summary>
    public void Count(string model)
    {
        RowMetrics.Accepted(model, Success);
        RowMetrics.Rejected(model, Errors);
        foreach (var error in ErrorCounts)
            RowMetrics.Errors(model, error.Error, error.Count);
    }
}
