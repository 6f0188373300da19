using System.Text;
using Batch.Core.Log;
using Batch.Core.Log.Local;
using Xunit;

namespace Batch.Tests.Log;

/// <summary>A local log in a folder of its own, that can be closed, damaged and opened again.</summary>
public abstract class LocalLogFixture : IAsyncLifetime
{
    protected const string Topic = "topic";
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    readonly TemporaryFolder _folder = new();

    private protected LocalLogFixture() => Options = new LocalLogOptions { Directory = _folder.Path, MinFreeBytes = 0 };

    protected LocalLogOptions Options { get; }
    private protected FaultyDisk Disk { get; } = new();
    private protected LogLines<LocalLog> Lines { get; } = new();
    protected LocalLog Log { get; private set; } = null!;

    public virtual Task InitializeAsync() => OpenAsync();

    public async Task DisposeAsync()
    {
        await CloseAsync();
        _folder.Dispose();
    }

    protected async Task OpenAsync(int partitions = 1)
    {
        Log = LocalLog.Open(Options, Disk, Lines);
        await Log.EnsureTopicAsync(Topic, partitions, CancellationToken.None);
    }

    protected async Task CloseAsync()
    {
        if (Log is not null)
            await Log.DisposeAsync().AsTask().WaitAsync(Patience);
    }

    protected async Task ReopenAsync()
    {
        await CloseAsync();
        await OpenAsync();
    }

    protected Task<LogPosition> AppendAsync(string value) => AppendAsync(Encoding.UTF8.GetBytes(value));

    protected Task<LogPosition> AppendAsync(byte[] value) =>
        Log.AppendAsync(Topic, 0, [new LogHeader("key", "header"u8.ToArray())], value, CancellationToken.None).WaitAsync(Patience);

    /// <summary>Everything a new group reads, as <c>offset=value</c>, or <c>offset!</c> for a damaged record.</summary>
    protected async Task<List<string>> ReadAllAsync()
    {
        await using var consumer = Log.Join(Guid.NewGuid().ToString("N"), [Topic]);
        return await ReadAllAsync(consumer);
    }

    protected static async Task<List<string>> ReadAllAsync(ILogConsumer consumer)
    {
        var read = new List<string>();
        while (true)
        {
            using var cancellation = new CancellationTokenSource();
            // A local log answers at once or waits for an append.
            var next = consumer.ReadAsync(cancellation.Token).AsTask();
            if (!next.IsCompleted)
            {
                await cancellation.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.WaitAsync(Patience));
                return read;
            }
            using var record = await next;
            read.Add(record.Damaged
                ? $"{record.Position.Offset}!"
                : $"{record.Position.Offset}={Encoding.UTF8.GetString(record.Value.Span)}");
        }
    }

    protected string[] SegmentFiles => [.. Segment.FilesIn(Path.Combine(Options.Directory, "topics", Topic, "0"))];

    protected long BytesOnDisk
    {
        get
        {
            try
            {
                return SegmentFiles.Sum(file => new FileInfo(file).Length);
            }
            catch (FileNotFoundException)
            {
                // Given back between the listing and the look; there is a new listing to be had.
                return BytesOnDisk;
            }
        }
    }

    protected async Task EventuallyAsync(Func<bool> condition)
    {
        var until = DateTime.UtcNow + Patience;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < until, "It did not happen in time.");
            await Task.Delay(20);
        }
    }
}
