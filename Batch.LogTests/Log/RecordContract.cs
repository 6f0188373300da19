using Batch.Core.Log;

namespace Batch.Tests.Log;

/// <summary>What every log guarantees of the records that are appended to it.</summary>
public abstract class RecordContract : LogTest
{
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
}
