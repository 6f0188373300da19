using System.Diagnostics.Metrics;

namespace Batch.Core.Telemetry;

/// <summary>The chunks of a record count as in flight until this is disposed, which may happen more than once.</summary>
public sealed class ChunkInFlight(UpDownCounter<long> counter, int chunks) : IDisposable
{
    int _ended;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
            counter.Add(-chunks);
    }
}
