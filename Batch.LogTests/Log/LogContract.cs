using System.Collections.Concurrent;
using System.Text;
using Batch.Core.Log;

namespace Batch.Tests.Log;

/// <summary>What every log guarantees. A fresh topic and group for each test; every wait bounded.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public abstract class LogContract : IAsyncLifetime
{
    static int _names;
    readonly string _run = Guid.NewGuid().ToString("N")[..8];
    readonly ConcurrentBag<string> _topics = [];

    /// <summary>Opens the log; its former instance has been closed.</summary>
    protected abstract Task<ILog> OpenAsync();

    /// <summary>How long a test waits for what must happen: a group of a broker takes seconds to agree.</summary>
    protected virtual TimeSpan TestTimeout => TimeSpan.FromSeconds(20);

    /// <summary>How long a test watches for what must not happen.</summary>
    protected virtual TimeSpan Silence => TimeSpan.FromMilliseconds(300);

    /// <summary>For a broker whose topics a client cannot make.</summary>
    protected virtual Task PrepareTopicAsync(string topic, int partitions) => Task.CompletedTask;

    /// <summary>Size of the record in the test of large ones.</summary>
    protected virtual int LargeBytes => 4 << 20;

    protected ILog Log { get; private set; } = null!;

    /// <summary>Topics that the test has made, for those whose broker outlives it.</summary>
    protected IReadOnlyCollection<string> MadeTopics => _topics;

    public virtual async Task InitializeAsync() => Log = await OpenAsync();

    public virtual async Task DisposeAsync()
    {
        if (Log is not null)
            await Log.DisposeAsync().AsTask().WaitAsync(TestTimeout);
    }

    protected async Task ReopenAsync()
    {
        await Log.DisposeAsync().AsTask().WaitAsync(TestTimeout);
        Log = await OpenAsync();
    }

    protected string NewName(string kind) => $"{kind}-{_run}-{Interlocked.Increment(ref _names)}";

    protected async Task<string> NewTopicAsync(int partitions = 1)
    {
        var topic = NewName("topic");
        _topics.Add(topic);
        await PrepareTopicAsync(topic, partitions);
        await Log.EnsureTopicAsync(topic, partitions, CancellationToken.None).WaitAsync(TestTimeout);
        return topic;
    }

    protected async Task<LogPosition> AppendAsync(string topic, int partition, string value) =>
        await Log.AppendAsync(topic, partition, [], Encoding.UTF8.GetBytes(value), CancellationToken.None).WaitAsync(TestTimeout);

    protected async Task AppendAsync(string topic, int partition, int from, int count)
    {
        for (var i = from; i < from + count; i++)
            await AppendAsync(topic, partition, $"{i}");
    }

    protected async Task<LogRecord> ReadAsync(ILogConsumer consumer)
    {
        using var timeout = new CancellationTokenSource(TestTimeout);
        return await consumer.ReadAsync(timeout.Token);
    }

    protected async Task<string> ReadTextAsync(ILogConsumer consumer)
    {
        using var record = await ReadAsync(consumer);
        return Text(record);
    }

    protected async Task<List<string>> ReadTextsAsync(ILogConsumer consumer, int count)
    {
        var texts = new List<string>();
        while (texts.Count < count)
            texts.Add(await ReadTextAsync(consumer));
        return texts;
    }

    protected async Task AssertSilentAsync(ILogConsumer consumer)
    {
        using var silence = new CancellationTokenSource(Silence);
        try
        {
            using var record = await consumer.ReadAsync(silence.Token);
            Assert.Fail($"A record that should not have come: {record.Position} {Text(record)}");
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>Reads on, as a member must that is to learn of its losses; a group may also hand it the same records again.</summary>
    async Task ReadPastAsync(ILogConsumer consumer)
    {
        using var silence = new CancellationTokenSource(Silence);
        try
        {
            while (true)
                (await consumer.ReadAsync(silence.Token)).Dispose();
        }
        catch (OperationCanceledException)
        {
        }
    }

    protected static string Text(LogRecord record) => Encoding.UTF8.GetString(record.Value.Span);

    static string[] Numbers(int from, int count) => [.. Enumerable.Range(from, count).Select(i => $"{i}")];

    [SkippableFact]
    public async Task Records_of_a_partition_come_back_in_the_order_of_their_appends()
    {
        var topic = await NewTopicAsync();
        await AppendAsync(topic, 0, 0, 50);
        await using var consumer = Log.Join(NewName("group"), [topic]);

        for (var i = 0; i < 50; i++)
        {
            using var record = await ReadAsync(consumer);
            Assert.Equal(new LogPosition(topic, 0, i), record.Position);
            Assert.Equal($"{i}", Text(record));
        }
        await AssertSilentAsync(consumer);
    }

    [SkippableFact]
    public async Task A_record_is_new_to_the_first_who_had_its_partition_when_it_was_appended_and_to_nobody_else()
    {
        var (topic, group) = (await NewTopicAsync(), NewName("group"));
        await AppendAsync(topic, 0, "before");
        await using (var first = Log.Join(group, [topic]))
        {
            Assert.Equal(("before", false), await ReadNewAsync(first));
            await AppendAsync(topic, 0, "after");
            Assert.Equal(("after", true), await ReadNewAsync(first));
        }
        await using var second = Log.Join(group, [topic]);
        Assert.Equal(("before", false), await ReadNewAsync(second));
        Assert.Equal(("after", false), await ReadNewAsync(second));
    }

    async Task<(string Text, bool IsNew)> ReadNewAsync(ILogConsumer consumer)
    {
        using var record = await ReadAsync(consumer);
        return (Text(record), record.IsNew);
    }

    [SkippableFact]
    public async Task Headers_value_and_time_come_back_as_they_were_appended()
    {
        var topic = await NewTopicAsync(3);
        LogHeader[] headers = [new("batch-chunk", "{\"é\":1}"u8.ToArray()), new("empty", default), new("batch-chunk", new byte[] { 0, 255 })];
        var before = DateTimeOffset.UtcNow;
        var position = await Log.AppendAsync(topic, 2, headers, "value"u8.ToArray(), CancellationToken.None).WaitAsync(TestTimeout);
        await using var consumer = Log.Join(NewName("group"), [topic]);

        using var record = await ReadAsync(consumer);

        Assert.Equal(new LogPosition(topic, 2, 0), position);
        Assert.Equal(position, record.Position);
        Assert.Equal("value", Text(record));
        Assert.Equal(headers.Select(header => header.Key), record.Headers.Select(header => header.Key));
        Assert.Equal(headers.Select(header => header.Value.ToArray()), record.Headers.Select(header => header.Value.ToArray()));
        Assert.Equal(headers[0].Value.ToArray(), record.Header("batch-chunk")!.Value.ToArray());
        Assert.Null(record.Header("none"));
        Assert.InRange(record.AppendedAt, before.AddSeconds(-1), DateTimeOffset.UtcNow.AddSeconds(1));
    }

    [SkippableFact]
    public async Task An_empty_value_is_a_value()
    {
        var topic = await NewTopicAsync();
        await AppendAsync(topic, 0, "");
        await using var consumer = Log.Join(NewName("group"), [topic]);

        Assert.Equal("", await ReadTextAsync(consumer));
    }

    [SkippableFact]
    public async Task A_large_record_comes_back_unharmed_and_its_buffer_may_be_reused()
    {
        var topic = await NewTopicAsync();
        var random = new Random(1);
        var value = new byte[LargeBytes];
        random.NextBytes(value);
        var expected = value.ToArray();
        await Log.AppendAsync(topic, 0, [], value, CancellationToken.None).WaitAsync(TestTimeout);
        Array.Clear(value);
        await AppendAsync(topic, 0, "after");
        await using var consumer = Log.Join(NewName("group"), [topic]);

        using (var record = await ReadAsync(consumer))
            Assert.True(record.Value.Span.SequenceEqual(expected));
        Assert.Equal("after", await ReadTextAsync(consumer));
    }

    [SkippableFact]
    public async Task A_record_over_the_limit_is_refused_and_nothing_is_appended()
    {
        var topic = await NewTopicAsync();

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() =>
            Log.AppendAsync(topic, 0, [], new byte[Log.MaxRecordBytes + 1], CancellationToken.None).WaitAsync(TestTimeout));

        Assert.Equal(0, (await AppendAsync(topic, 0, "next")).Offset);
    }

    [SkippableFact]
    public async Task A_record_that_was_not_committed_is_delivered_again_once_its_reader_has_left()
    {
        var topic = await NewTopicAsync();
        var group = NewName("group");
        await AppendAsync(topic, 0, 0, 4);
        await using (var first = Log.Join(group, [topic]))
        {
            using var done = await ReadAsync(first);
            using var inHand = await ReadAsync(first);
            await first.CommitAsync(done.Position, CancellationToken.None).WaitAsync(TestTimeout);
        }

        await using var second = Log.Join(group, [topic]);

        Assert.Equal(Numbers(1, 3), await ReadTextsAsync(second, 3));
    }

    [SkippableFact]
    public async Task A_commit_says_that_all_records_before_are_done_and_outlives_the_log()
    {
        var topic = await NewTopicAsync();
        var group = NewName("group");
        await AppendAsync(topic, 0, 0, 5);
        await using (var consumer = Log.Join(group, [topic]))
        {
            for (var i = 0; i < 3; i++)
                using (var record = await ReadAsync(consumer))
                    if (i == 2)
                        await consumer.CommitAsync(record.Position, CancellationToken.None).WaitAsync(TestTimeout);
        }

        await ReopenAsync();
        await Log.EnsureTopicAsync(topic, 1, CancellationToken.None).WaitAsync(TestTimeout);

        await using var again = Log.Join(group, [topic]);
        Assert.Equal(Numbers(3, 2), await ReadTextsAsync(again, 2));
    }

    [SkippableFact]
    public async Task Records_outlive_the_log_and_offsets_go_on()
    {
        var topic = await NewTopicAsync();
        await AppendAsync(topic, 0, 0, 3);

        await ReopenAsync();
        await Log.EnsureTopicAsync(topic, 1, CancellationToken.None).WaitAsync(TestTimeout);

        Assert.Equal(3, (await AppendAsync(topic, 0, "3")).Offset);
        await using var consumer = Log.Join(NewName("group"), [topic]);
        Assert.Equal(Numbers(0, 4), await ReadTextsAsync(consumer, 4));
    }

    [SkippableFact]
    public async Task Each_group_reads_every_record()
    {
        var topic = await NewTopicAsync();
        await AppendAsync(topic, 0, 0, 3);
        await using var one = Log.Join(NewName("group"), [topic]);
        await using var other = Log.Join(NewName("group"), [topic]);

        Assert.Equal(Numbers(0, 3), await ReadTextsAsync(one, 3));
        Assert.Equal(Numbers(0, 3), await ReadTextsAsync(other, 3));
    }

    [SkippableFact]
    public async Task Members_share_the_partitions_and_a_newcomer_takes_its_part()
    {
        var topic = await NewTopicAsync(4);
        var group = NewName("group");
        await using var first = new Reader(Log.Join(group, [topic]), commit: true);
        for (var partition = 0; partition < 4; partition++)
            await AppendAsync(topic, partition, $"alone-{partition}");
        await EventuallyAsync(() => first.Count == 4);

        await using var second = new Reader(Log.Join(group, [topic]), commit: true);
        // A group may agree more than once; in the end each reads its half, and nothing is left unread on the way.
        await EventuallyAsync(async () =>
        {
            var round = new List<LogPosition>();
            for (var partition = 0; partition < 4; partition++)
                round.Add(await AppendAsync(topic, partition, "shared"));
            await EventuallyAsync(() => first.Positions.Concat(second.Positions).Intersect(round).Count() == 4);
            var ours = first.Positions.Intersect(round).ToList();
            var theirs = second.Positions.Intersect(round).ToList();
            return ours.Count == 2 && theirs.Count == 2;
        });
        Assert.True(first.Revoked.Count >= 2);
    }

    [SkippableFact]
    public async Task What_a_leaver_held_goes_to_those_who_stay()
    {
        var topic = await NewTopicAsync(2);
        var group = NewName("group");
        await using var stays = new Reader(Log.Join(group, [topic]), commit: true);
        var leaves = new Reader(Log.Join(group, [topic]), commit: false);
        await AppendAsync(topic, 0, 0, 1);
        await AppendAsync(topic, 1, 0, 1);
        await EventuallyAsync(() => stays.Positions.Concat(leaves.Positions).Distinct().Count() == 2);
        await EventuallyAsync(() => leaves.Count > 0);

        await leaves.DisposeAsync();
        await AppendAsync(topic, 0, 1, 1);
        await AppendAsync(topic, 1, 1, 1);

        // With what the leaver had read and not committed.
        await EventuallyAsync(() => stays.Positions.Distinct().Count() == 4);
    }

    [SkippableFact]
    public async Task A_commit_for_a_partition_lost_meanwhile_is_ignored()
    {
        var topic = await NewTopicAsync(2);
        var group = NewName("group");
        for (var partition = 0; partition < 2; partition++)
            await AppendAsync(topic, partition, 0, 2);
        var former = Log.Join(group, [topic]);
        var inHand = new List<LogPosition>();
        while (inHand.Count < 4)
            using (var record = await ReadAsync(former))
                inHand.Add(record.Position);
        var revoked = new List<LogPartition>();
        former.Revoked += revoked.AddRange;

        var next = new Reader(Log.Join(group, [topic]), commit: false);
        LogPartition lost = default;
        await EventuallyAsync(async () =>
        {
            await ReadPastAsync(former);
            lost = revoked.Find(partition => next.Positions.Count(position => position.Source == partition) == 2);
            return lost != default;
        });
        await former.CommitAsync(inHand.Last(position => position.Source == lost), CancellationToken.None).WaitAsync(TestTimeout);
        await former.DisposeAsync();
        await next.DisposeAsync();

        await using var later = new Reader(Log.Join(group, [topic]), commit: false);
        await EventuallyAsync(() => later.Positions.Count(position => position.Source == lost) == 2);
    }

    [SkippableFact]
    public async Task A_paused_partition_is_silent_while_others_go_on_and_loses_nothing()
    {
        var topic = await NewTopicAsync(2);
        await AppendAsync(topic, 0, 0, 3);
        await using var consumer = Log.Join(NewName("group"), [topic]);
        Assert.Equal("0", await ReadTextAsync(consumer));

        consumer.Pause(new LogPartition(topic, 0));
        await AppendAsync(topic, 1, "other");
        Assert.Equal("other", await ReadTextAsync(consumer));
        await AssertSilentAsync(consumer);
        consumer.Resume(new LogPartition(topic, 0));

        Assert.Equal(Numbers(1, 2), await ReadTextsAsync(consumer, 2));
    }

    [SkippableFact]
    public async Task A_resume_wakes_a_read_that_waits()
    {
        var topic = await NewTopicAsync();
        await using var consumer = Log.Join(NewName("group"), [topic]);
        await AppendAsync(topic, 0, 0, 2);
        Assert.Equal("0", await ReadTextAsync(consumer));
        consumer.Pause(new LogPartition(topic, 0));

        var read = ReadTextAsync(consumer);
        await Task.Delay(Silence);
        Assert.False(read.IsCompleted);
        consumer.Resume(new LogPartition(topic, 0));

        Assert.Equal("1", await read);
    }

    [SkippableFact]
    public async Task Topics_that_stand_earlier_in_the_list_are_served_first()
    {
        var urgent = await NewTopicAsync();
        var bulk = await NewTopicAsync(2);
        await using var consumer = Log.Join(NewName("group"), [urgent, bulk]);
        await AppendAsync(bulk, 0, 0, 5);
        await AppendAsync(bulk, 1, 0, 5);
        using (var record = await ReadAsync(consumer))
            Assert.Equal(bulk, record.Position.Topic);

        await AppendAsync(urgent, 0, "urgent");
        await Task.Delay(Silence);

        using (var record = await ReadAsync(consumer))
            Assert.Equal(urgent, record.Position.Topic);
        Assert.Equal(9, (await ReadTextsAsync(consumer, 9)).Count);
    }

    [SkippableFact]
    public async Task A_read_that_waits_is_woken_by_an_append()
    {
        var topic = await NewTopicAsync();
        await using var consumer = Log.Join(NewName("group"), [topic]);
        var read = ReadTextAsync(consumer);
        await Task.Delay(Silence);
        Assert.False(read.IsCompleted);

        await AppendAsync(topic, 0, "now");

        Assert.Equal("now", await read);
    }

    [SkippableFact]
    public async Task A_cancelled_read_loses_nothing()
    {
        var topic = await NewTopicAsync();
        await using var consumer = Log.Join(NewName("group"), [topic]);
        for (var i = 0; i < 5; i++)
        {
            using var cancellation = new CancellationTokenSource();
            var read = consumer.ReadAsync(cancellation.Token).AsTask();
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(TestTimeout));
            await AppendAsync(topic, 0, $"{i}");
            Assert.Equal($"{i}", await ReadTextAsync(consumer));
        }
    }

    [SkippableFact]
    public async Task A_cancelled_append_throws_and_the_log_goes_on()
    {
        var topic = await NewTopicAsync();
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            Log.AppendAsync(topic, 0, [], new byte[10], cancellation.Token).WaitAsync(TestTimeout));

        Assert.Equal(0, (await AppendAsync(topic, 0, "next")).Offset);
    }

    [SkippableFact]
    public async Task Lag_counts_what_a_group_has_not_committed()
    {
        var topic = await NewTopicAsync(2);
        var group = NewName("group");
        await AppendAsync(topic, 0, 0, 3);
        await using var consumer = Log.Join(group, [topic]);
        Assert.Equal<long[]>([3, 0], await LagAsync(group, topic));

        using (var record = await ReadAsync(consumer))
            await consumer.CommitAsync(record.Position, CancellationToken.None).WaitAsync(TestTimeout);
        await AppendAsync(topic, 1, 0, 1);

        Assert.Equal<long[]>([2, 1], await LagAsync(group, topic));
        Assert.Equal(
            [(0L, 3L, 1L), (0L, 1L, 0L)],
            (await Log.LagAsync(group, topic, CancellationToken.None).WaitAsync(TestTimeout))
                .OrderBy(lag => lag.Partition.Partition).Select(lag => (lag.Start, lag.End, lag.Committed ?? 0)));
        Assert.Equal<long[]>([3, 1], await LagAsync(NewName("group"), topic));
    }

    async Task<long[]> LagAsync(string group, string topic) =>
        [.. (await Log.LagAsync(group, topic, CancellationToken.None).WaitAsync(TestTimeout))
            .OrderBy(lag => lag.Partition.Partition).Select(lag => lag.Behind)];

    [SkippableFact]
    public async Task Appends_from_many_sides_each_get_their_own_place()
    {
        var topic = await NewTopicAsync(2);
        var appends = await Task.WhenAll(Enumerable.Range(0, 8).Select(side => Task.Run(async () =>
        {
            var positions = new Dictionary<LogPosition, string>();
            for (var i = 0; i < 25; i++)
                positions[await AppendAsync(topic, side % 2, $"{side}-{i}")] = $"{side}-{i}";
            return positions;
        })));
        var expected = appends.SelectMany(positions => positions).ToDictionary();
        Assert.Equal(200, expected.Count);

        await using var consumer = Log.Join(NewName("group"), [topic]);
        for (var i = 0; i < 200; i++)
        {
            using var record = await ReadAsync(consumer);
            Assert.True(expected.Remove(record.Position, out var text));
            Assert.Equal(text, Text(record));
        }
    }

    [SkippableFact]
    public async Task Ensuring_a_topic_twice_changes_nothing()
    {
        var topic = await NewTopicAsync(3);
        await AppendAsync(topic, 1, "kept");

        await Log.EnsureTopicAsync(topic, 3, CancellationToken.None).WaitAsync(TestTimeout);

        Assert.Equal(3, Log.PartitionCount(topic));
        await using var consumer = Log.Join(NewName("group"), [topic]);
        Assert.Equal("kept", await ReadTextAsync(consumer));
    }

    [SkippableFact]
    public async Task A_log_that_works_passes_its_check() => await Log.CheckAsync(CancellationToken.None).WaitAsync(TestTimeout);

    [SkippableFact]
    public async Task A_read_under_way_ends_when_its_consumer_is_disposed()
    {
        var topic = await NewTopicAsync();
        var consumer = Log.Join(NewName("group"), [topic]);
        var read = consumer.ReadAsync(CancellationToken.None).AsTask();

        await consumer.DisposeAsync().AsTask().WaitAsync(TestTimeout);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => read.WaitAsync(TestTimeout));
    }

    protected Task EventuallyAsync(Func<bool> condition) => EventuallyAsync(() => Task.FromResult(condition()));

    protected async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        var until = DateTime.UtcNow + TestTimeout;
        while (!await condition())
        {
            Assert.True(DateTime.UtcNow < until, "It did not happen in time.");
            await Task.Delay(20);
        }
    }
}
