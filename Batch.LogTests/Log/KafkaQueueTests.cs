using Batch.Core.Log;
using Batch.Core.Log.Kafka;
using Confluent.Kafka;

namespace Batch.Tests.Log;

/// <summary>What is on its way to the brokers is bounded, whatever they do.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class KafkaQueueTests : KafkaMockTest
{
    const int Produce = 0, StorageError = 56;

    [SkippableFact]
    public async Task Appends_that_the_brokers_do_not_take_yet_wait_in_bounded_memory_and_all_arrive()
    {
        Options.QueueBytes = 1 << 20;
        var topic = await NewTopicAsync();
        await Broker.TellAsync("rtt 200");

        var appends = Enumerable.Range(0, 12).Select(_ => Log.AppendAsync(topic, 0, [], new byte[300_000], CancellationToken.None)).ToList();
        var most = 0L;
        while (!Task.WhenAll(appends).IsCompleted)
        {
            most = Math.Max(most, Log.QueuedBytes);
            await Task.Delay(5);
        }

        Assert.Equal(Enumerable.Range(0, 12).Select(i => (long)i), (await Task.WhenAll(appends)).Select(position => position.Offset).Order());
        Assert.InRange(most, 600_000, 1 << 20);
        Assert.Equal(0, Log.QueuedBytes);
    }

    [SkippableFact]
    public async Task A_slice_of_a_large_buffer_is_appended_without_a_copy_on_the_managed_heap()
    {
        var topic = await NewTopicAsync();
        var buffer = new byte[1 << 20];
        new Random(1).NextBytes(buffer);
        var slice = buffer.AsMemory(1000, 900_000);
        for (var i = 0; i < 3; i++)
            await Log.AppendAsync(topic, 0, [], slice, CancellationToken.None).WaitAsync(TestTimeout);

        var before = GC.GetAllocatedBytesForCurrentThread();
        // Up to the first wait, which comes after librdkafka has its copy.
        var append = Log.AppendAsync(topic, 0, [], slice, CancellationToken.None);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(allocated, 0, 50_000);
        await append.WaitAsync(TestTimeout);
        await using var consumer = Log.Join("group", [topic]);
        using var record = await ReadAsync(consumer);
        Assert.True(record.Value.Span.SequenceEqual(slice.Span));
    }

    [SkippableFact]
    public async Task A_record_larger_than_the_queue_goes_alone()
    {
        Options.QueueBytes = 1 << 20;
        var topic = await NewTopicAsync();

        var appends = new[] { 300_000, 2_000_000, 300_000 }.Select(bytes => Log.AppendAsync(topic, 0, [], new byte[bytes], CancellationToken.None));

        Assert.Equal([0, 1, 2], (await Task.WhenAll(appends).WaitAsync(TestTimeout)).Select(position => position.Offset));
    }

    [SkippableFact]
    public async Task An_append_that_is_cancelled_while_it_waits_for_room_leaves_the_room_to_others()
    {
        Options.QueueBytes = 1 << 20;
        var topic = await NewTopicAsync();
        await Broker.TellAsync("rtt 500");
        var first = Log.AppendAsync(topic, 0, [], new byte[900_000], CancellationToken.None);
        using var cancellation = new CancellationTokenSource();
        var cancelled = Log.AppendAsync(topic, 0, [], new byte[900_000], cancellation.Token);
        var last = Log.AppendAsync(topic, 0, [], new byte[100], CancellationToken.None);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.WaitAsync(TestTimeout));
        Assert.Equal([0, 1], (await Task.WhenAll(first, last).WaitAsync(TestTimeout)).Select(position => position.Offset).Order());
        Assert.Equal(0, Log.QueuedBytes);
    }

    [SkippableFact]
    public async Task Appends_under_way_when_the_log_is_disposed_fail_and_hang_nobody()
    {
        var topic = await NewTopicAsync();
        await Broker.TellAsync("down");
        var append = Log.AppendAsync(topic, 0, [], new byte[10], CancellationToken.None);

        await Log.DisposeAsync().AsTask().WaitAsync(TestTimeout);

        await Assert.ThrowsAsync<LogUnavailableException>(() => append.WaitAsync(TestTimeout));
    }

    [SkippableFact]
    public async Task An_append_that_the_brokers_disk_has_no_room_for_says_why_in_seconds_and_those_that_wait_behind_it_too()
    {
        var questions = 0;
        var under = 0;
        var most = 0;
        AskStorage = async () =>
        {
            Interlocked.Increment(ref questions);
            most = Math.Max(most, Interlocked.Increment(ref under));
            await Task.Delay(100);
            Interlocked.Decrement(ref under);
            return "no room on /data: 10 MiB free, 256 MiB wanted.";
        };
        Options.QueueBytes = 1 << 20;
        var topic = await NewTopicAsync();
        await Broker.TellAsync($"errors {Produce} {string.Join(' ', Enumerable.Repeat(StorageError, 500))}");

        var appends = Enumerable.Range(0, 4).Select(_ => Log.AppendAsync(topic, 0, [], new byte[500_000], CancellationToken.None)).ToList();

        foreach (var append in appends)
        {
            var e = await Assert.ThrowsAsync<LogFullException>(() => append.WaitAsync(TimeSpan.FromSeconds(15)));
            Assert.Contains("no room on /data: 10 MiB free, 256 MiB wanted.", e.Message, StringComparison.Ordinal);
        }
        Assert.Equal(1, most);
        Assert.InRange(questions, 1, 8);
        var check = await Assert.ThrowsAsync<LogFullException>(() => Log.CheckAsync(CancellationToken.None).WaitAsync(TestTimeout));
        Assert.Contains("no room on /data", check.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Brokers_that_do_not_know_of_their_disk_are_not_asked_again_and_nothing_changes()
    {
        var questions = 0;
        AskStorage = () =>
        {
            questions++;
            return Task.FromResult<string?>(null);
        };
        var topic = await NewTopicAsync();
        await Broker.TellAsync($"errors {Produce} {string.Join(' ', Enumerable.Repeat(StorageError, 25))}");

        Assert.Equal(0, (await Log.AppendAsync(topic, 0, [], new byte[10], CancellationToken.None).WaitAsync(TestTimeout)).Offset);
        await Log.CheckAsync(CancellationToken.None).WaitAsync(TestTimeout);

        Assert.Equal(1, questions);
    }

    [Theory]
    [InlineData("localhost:9092", true)]
    [InlineData("127.0.0.1:9092, LOCALHOST", true)]
    [InlineData("127.8.0.1,[::1]:9092", true)]
    [InlineData("PLAINTEXT://[::1]:9092", true)]
    [InlineData("redpanda:9092", false)]
    [InlineData("localhost:9092,10.0.0.7:9092", false)]
    [InlineData("localhost.example.com:9092", false)]
    [InlineData("[fe80::1]:9092", false)]
    [InlineData("", false)]
    public void Records_are_compressed_unless_all_brokers_are_this_machine(string servers, bool isLoopback)
    {
        var expected = isLoopback ? CompressionType.None : CompressionType.Lz4;

        Assert.Equal(expected, KafkaConfigs.Producer(new KafkaOptions { BootstrapServers = servers }).CompressionType);
        Assert.Equal(
            CompressionType.Zstd,
            KafkaConfigs.Producer(new KafkaOptions { BootstrapServers = servers, Compression = CompressionType.Zstd }).CompressionType);
    }
}
