namespace Batch.Cli.Progress;

/// <summary>Shows how much of a file has gone through: bytes, rate, time left.</summary>
internal static class TransferProgress
{
    public static Task<T> ShowAsync<T>(Terminal terminal, InputFile file, Func<IProgress<long>, Task<T>> work) =>
        ProgressDisplay.RunAsync(terminal, display =>
        {
            var meter = new Meter();
            meter.Report(0);
            display.Add(width => ProgressLine.Bytes(file.Title, meter.Done, file.Length, meter.Rate.PerSecond, width));
            return work(meter);
        });

    sealed class Meter : IProgress<long>
    {
        long _done;

        public long Done => Interlocked.Read(ref _done);
        public RateMeter Rate { get; } = new(TimeProvider.System);

        public void Report(long value)
        {
            Interlocked.Exchange(ref _done, value);
            Rate.Add(value);
        }
    }
}
