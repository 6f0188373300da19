using System.Diagnostics;

namespace Batch.Core.Telemetry;

/// <summary>An upload is active until this is disposed; one that nobody called accepted or refused was interrupted.</summary>
public sealed class UploadTimer(long startedAt) : IDisposable
{
    /// <summary>Code of an upload whose client or API went away.</summary>
    public const string Interrupted = "UPLOAD_INTERRUPTED";

    string? _refusedWith = Interrupted;
    int _ended;

    public void Accepted() => _refusedWith = null;

    /// <param name="code">The problem's code, for example EMPTY_FILE or LOG_UNAVAILABLE; at most 50 different ones are told apart.</param>
    public void Refused(string code) => _refusedWith = code;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
            UploadMetrics.Ended(Stopwatch.GetElapsedTime(startedAt), _refusedWith);
    }
}
