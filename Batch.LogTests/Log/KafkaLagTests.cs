using Batch.Core.Log;
using Batch.Core.Log.Kafka;

namespace Batch.Tests.Log;

/// <summary><c>batch_log_lag</c>: what a consumer says of the partitions that it holds.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class KafkaLagTests : KafkaMockTest
{
    static Dictionary<int, long> LagOf(ILogConsumer consumer) => ((KafkaConsumer)consumer).MeasureLag().ToDictionary(
        measurement => (int)measurement.Tags.ToArray().Single(tag => tag.Key == "partition").Value!, measurement => measurement.Value);

    [SkippableFact]
    public async Task Where_nothing_was_committed_lag_counts_from_the_oldest_record()
    {
        var topic = await NewTopicAsync(2);
        for (var i = 0; i < 8; i++)
            await AppendAsync($"{i}");
        await Broker.TellAsync($"forget {topic} 0 3");

        await using var consumer = Log.Join("group", [topic]);

        await EventuallyAsync(() => LagOf(consumer) is { Count: 2 } lag && lag[0] == 5 && lag[1] == 0);
    }

    [SkippableFact]
    public async Task Lag_falls_with_commits_and_grows_with_appends_though_the_partition_is_paused()
    {
        var topic = await NewTopicAsync();
        for (var i = 0; i < 3; i++)
            await AppendAsync($"{i}");
        await using var consumer = Log.Join("group", [topic]);
        using (var record = await ReadAsync(consumer))
            await consumer.CommitAsync(record.Position, CancellationToken.None).WaitAsync(TestTimeout);
        await EventuallyAsync(() => LagOf(consumer).GetValueOrDefault(0) == 2);

        consumer.Pause(new LogPartition(topic, 0));
        await Task.Delay(500);
        for (var i = 3; i < 7; i++)
            await AppendAsync($"{i}");

        await EventuallyAsync(() => LagOf(consumer).GetValueOrDefault(0) == 6);
    }

    [SkippableFact]
    public async Task A_partition_that_has_moved_is_reported_by_its_new_owner_only()
    {
        var topic = await NewTopicAsync(2);
        for (var partition = 0; partition < 2; partition++)
            for (var i = 0; i < 3; i++)
                await AppendAsync($"{i}", partition);
        await using var first = new Reader(Log.Join("group", [topic]), commit: false);
        await EventuallyAsync(() => LagOf(first.Consumer).Count == 2);

        await using var second = new Reader(Log.Join("group", [topic]), commit: true);

        await EventuallyAsync(() => LagOf(first.Consumer) is { Count: 1 } ours && LagOf(second.Consumer) is { Count: 1 } theirs
            && ours.Single().Value == 3 && theirs.Single().Value == 0 && !theirs.ContainsKey(ours.Single().Key));
    }

    [SkippableFact]
    public async Task A_consumer_that_left_tells_of_nothing()
    {
        var topic = await NewTopicAsync();
        await AppendAsync("a");
        var consumer = Log.Join("group", [topic]);
        await EventuallyAsync(() => LagOf(consumer).Count == 1);

        await consumer.DisposeAsync();

        Assert.Empty(LagOf(consumer));
    }

    [Fact]
    public void Offsets_that_librdkafka_does_not_know_are_left_as_they_were()
    {
        var statistics = KafkaStatistics.Read("""
            {"topics":{"t":{"partitions":{"0":{"lo_offset":2,"hi_offset":17},"1":{"lo_offset":-1001,"hi_offset":-1001},"-1":{}}}},"cgrp":{"join_state":"steady"}}
            """);

        Assert.True(statistics.IsSettled);
        Assert.Equal(2, statistics.Offsets.Count);
        Assert.Equal((2L, 17L), statistics.Offsets[new("t", 0)]);
        Assert.Equal((null, null), statistics.Offsets[new("t", 1)]);
        Assert.False(KafkaStatistics.Read("{}").IsSettled);
    }
}
