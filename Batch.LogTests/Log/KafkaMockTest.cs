using System.Text;
using Batch.Core.Log;
using Batch.Tests.Log.Mock;

namespace Batch.Tests.Log;

/// <summary>A test with a mock broker of its own, which can be told to fail.</summary>
public abstract class KafkaMockTest : IAsyncLifetime
{
    protected static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(30);

    KafkaLog? _log;

    protected MockBrokerProcess Broker { get; } = new();

    /// <summary>Whatever is set before the log is first used.</summary>
    protected KafkaOptions Options { get; private set; } = new();

    /// <summary>Stands for the broker's answer about its disk.</summary>
    protected Func<Task<string?>>? AskStorage { get; set; }

    private protected LogLines<KafkaLog> Lines { get; } = new();

    protected KafkaLog Log => _log ??= new KafkaLog(Options, Lines, AskStorage);

    public async Task InitializeAsync()
    {
        await Broker.InitializeAsync();
        Broker.SkipWithoutIt();
        Options = KafkaLogContractTests.MockOptions(Broker.Servers);
        Options.RequestTimeout = TimeSpan.FromSeconds(3);
        Options.Properties["statistics.interval.ms"] = "200";
    }

    public async Task DisposeAsync()
    {
        if (_log is not null)
            await _log.DisposeAsync().AsTask().WaitAsync(TestTimeout);
        await Broker.DisposeAsync();
    }

    protected async Task<string> NewTopicAsync(int partitions = 1)
    {
        await Broker.TellAsync($"topic topic {partitions}");
        await Log.EnsureTopicAsync("topic", partitions, CancellationToken.None).WaitAsync(TestTimeout);
        return "topic";
    }

    protected async Task<long> AppendAsync(string text, int partition = 0) =>
        (await Log.AppendAsync("topic", partition, [], Encoding.UTF8.GetBytes(text), CancellationToken.None).WaitAsync(TestTimeout)).Offset;

    protected static async Task<LogRecord> ReadAsync(ILogConsumer consumer)
    {
        using var timeout = new CancellationTokenSource(TestTimeout);
        return await consumer.ReadAsync(timeout.Token);
    }

    protected static async Task<string> ReadTextAsync(ILogConsumer consumer)
    {
        using var record = await ReadAsync(consumer);
        return Encoding.UTF8.GetString(record.Value.Span);
    }

    protected Task<LogUnavailableException> CheckFailsAsync() =>
        Assert.ThrowsAnyAsync<LogUnavailableException>(() => Log.CheckAsync(CancellationToken.None).WaitAsync(TestTimeout));

    protected static Task EventuallyAsync(Func<bool> condition) => EventuallyAsync(() => Task.FromResult(condition()));

    protected static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        var until = DateTime.UtcNow + TestTimeout;
        while (!await condition())
        {
            Assert.True(DateTime.UtcNow < until, "It did not happen in time.");
            await Task.Delay(50);
        }
    }

    /// <summary>What <paramref name="work"/> needs is not there yet.</summary>
    protected static Task HealsAsync(Func<Task> work) => EventuallyAsync(async () =>
    {
        try
        {
            await work();
            return true;
        }
        catch (LogUnavailableException)
        {
            return false;
        }
    });
}
