using System.Diagnostics;

namespace Batch.Core.Telemetry;

/// <summary>Times one stage of a chunk until it is disposed. Made by <see cref="ChunkMetrics.Time"/>; allocates nothing.</summary>
public readonly struct StageTimer(ChunkStage stage, long startedAt) : IDisposable
{
    public void Dispose() => ChunkMetrics.Stage(stage, Stopwatch.GetElapsedTime(startedAt));
}
