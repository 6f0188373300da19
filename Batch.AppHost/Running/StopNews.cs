using System.Globalization;

namespace Batch.AppHost;

/// <summary>While the API stops it may wait for uploads; what it logs about that is shown to whoever waits for the stop.</summary>
static class StopNews
{
    // info: Batch.Api.Uploads.OpenUploads[1012]
    //       Stopping. Open uploads: 2. They may finish within 20 s; new ones are answered 503.
    const string Area = "Batch.Api.Uploads.OpenUploads[";

    public static async Task ShowAsync(ResourceLoggerService logs, string resourceId, TimeProvider time, CancellationToken cancellationToken)
    {
        // What it logged when it was stopped before is told again, too.
        var since = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fff", CultureInfo.InvariantCulture);
        var isNext = false;
        try
        {
            await foreach (var some in logs.WatchAsync(resourceId).WithCancellation(cancellationToken))
                foreach (var line in some)
                {
                    var (at, text) = LastWords.Split(line.Content);
                    if (isNext && string.CompareOrdinal(at, since) >= 0)
                        Console.WriteLine($"  {text}");
                    isNext = text.Contains(Area, StringComparison.Ordinal);
                }
        }
        catch (OperationCanceledException)
        {
            // It has stopped.
        }
    }
}
