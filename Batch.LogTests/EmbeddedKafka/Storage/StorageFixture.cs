using Batch.EmbeddedKafka;
using Batch.EmbeddedKafka.Storage;
using Batch.Tests.Log;
using Microsoft.Extensions.Logging;

namespace Batch.Tests.EmbeddedKafka.Storage;

/// <summary>A store in a folder of its own, with a topic of one partition, that can be closed, damaged and opened again.</summary>
public abstract class StorageFixture : IAsyncLifetime
{
    protected const string TopicName = "topic";
    protected static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(20);
    readonly TemporaryFolder _folder = new();

    private protected StorageFixture() =>
        Options = new StoreOptions
        {
            Directory = _folder.Path,
            MinFreeBytes = 0,
            DrainedAfter = TimeSpan.FromSeconds(1),
            Defaults = TopicSettings.Default with { RetentionMs = -1 }
        };

    protected StoreOptions Options { get; set; }
    private protected FaultyDisk Disk { get; set; } = new();
    private protected LogLines<LogStore> Lines { get; } = new();
    private protected MovedTime Time { get; } = new();
    protected LogStore Store { get; private set; } = null!;
    protected Partition Partition => Store.Find(TopicName)!.Partitions[0];

    public virtual async Task InitializeAsync()
    {
        await OpenAsync();
        Store.Create(TopicName, 1, Options.Defaults);
    }

    public async Task DisposeAsync()
    {
        await CloseAsync();
        _folder.Dispose();
    }

    protected Task OpenAsync()
    {
        Store = LogStore.Open(Options, Disk, new OneLogger(Lines), Time);
        return Task.CompletedTask;
    }

    protected async Task CloseAsync()
    {
        if (Store is not null)
            await Store.DisposeAsync().AsTask().WaitAsync(TestTimeout);
    }

    protected async Task ReopenAsync()
    {
        await CloseAsync();
        await OpenAsync();
    }

    /// <returns>The base offset.</returns>
    protected Task<long> AppendAsync(params string[] values) => AppendAsync(TestBatch.Of(values));

    private protected Task<long> AppendAsync(TestBatch batch) => AppendAsync(batch.Encode());

    protected async Task<long> AppendAsync(byte[] batches) =>
        (await Partition.AppendAsync(batches, CancellationToken.None).WaitAsync(TestTimeout)).BaseOffset;

    protected static async Task<KafkaErrorException> RefusedAsync(KafkaError code, Func<Task> append)
    {
        var e = await Assert.ThrowsAsync<KafkaErrorException>(append);
        Assert.Equal(code, e.Code);
        return e;
    }

    protected static KafkaErrorException Refused(KafkaError code, Action action)
    {
        var e = Assert.Throws<KafkaErrorException>(action);
        Assert.Equal(code, e.Code);
        return e;
    }

    protected List<string> ReadAll() => ReadAll(Partition);

    /// <summary>Everything from the start on, as <c>offset=value</c>, or <c>offset!</c> for a batch whose checksum does not hold.</summary>
    protected static List<string> ReadAll(Partition partition, int maxBytes = 1 << 20)
    {
        var read = new List<string>();
        for (var offset = partition.Start; offset < partition.End;)
        {
            using var slice = partition.Find(offset, maxBytes, atLeastOne: true);
            if (slice.Length == 0)
                break;
            read.AddRange(TestBatch.Decode(Bytes(slice)));
            Assert.True(slice.NextOffset > offset);
            offset = slice.NextOffset;
        }
        return read;
    }

    protected static byte[] Bytes(FetchSlice slice)
    {
        var bytes = new byte[slice.Length];
        slice.CopyTo(bytes);
        return bytes;
    }

    /// <summary>Returns when the writer has given back what can be given back now: it does so between two commands.</summary>
    protected void LetRoomBeGivenBack()
    {
        for (var command = 0; command < 2; command++)
            Store.Configure(Store.Find(TopicName)!, Store.Find(TopicName)!.Settings);
    }

    protected string PartitionFolder => Path.Combine(Options.Directory, "log", TopicName, "0");

    protected string[] SegmentFiles => [.. Segment.FilesIn(PartitionFolder)];

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
                // Freed between the listing and the look; there is a new listing to be had.
                return BytesOnDisk;
            }
        }
    }

    protected static async Task EventuallyAsync(Func<bool> condition)
    {
        var until = DateTime.UtcNow + TestTimeout;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < until, "It did not happen in time.");
            await Task.Delay(20);
        }
    }

    sealed class OneLogger(ILogger logger) : ILoggerFactory
    {
        public ILogger CreateLogger(string categoryName) => logger;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public void Dispose()
        {
        }
    }
}
