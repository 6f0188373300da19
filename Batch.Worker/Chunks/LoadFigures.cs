using Batch.Core.Telemetry;
using Batch.Csv.Validation;

namespace Batch.Worker.Chunks;

/// <summary>What became of the rows of chunks that were loaded together.</summary>
/// <param name="ErrorsByChunk">Rejected rows of each.</param>
internal readonly record struct LoadFigures(int Success, int Errors, IReadOnlyList<int> ErrorsByChunk, IReadOnlyList<ErrorCount> ErrorCounts)
{
    /// <summary>Into the metrics: once, when the receipts are written.</summary>
    public void Count(string model)
    {
        RowMetrics.Accepted(model, Success);
        RowMetrics.Rejected(model, Errors);
        foreach (var error in ErrorCounts)
            RowMetrics.Errors(model, error.Error, error.Count);
    }
}
