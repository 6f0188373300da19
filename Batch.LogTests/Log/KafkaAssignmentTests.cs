using Batch.Core.Log;
using Batch.Core.Log.Kafka;

namespace Batch.Tests.Log;

[Trait("Tier", "unit")]
public sealed class KafkaAssignmentTests
{
    static readonly LogPartition Paused = new("topic", 0), Other = new("topic", 1);

    static LogRecord Record(LogPartition partition, long offset = 0) =>
        new(new LogPosition(partition.Topic, partition.Partition, offset), [], new byte[100], DateTimeOffset.UnixEpoch, owner: null);

    [Fact]
    public void Full_of_records_of_a_paused_partition_it_has_none_for_the_reader()
    {
        var assignment = new KafkaAssignment(["topic"], maxBytes: 100, maxRecords: 10);
        assignment.Add([Paused, Other]);
        Assert.False(assignment.HasNext);

        assignment.Put(Record(Paused));
        Assert.True(assignment.IsFull && assignment.HasNext);

        assignment.SetPaused(Paused, true);
        Assert.True(assignment.IsFull);
        Assert.False(assignment.HasNext);
        Assert.Null(assignment.Take());

        assignment.Put(Record(Other));
        Assert.True(assignment.HasNext);
        Assert.Equal(Other, assignment.Take()!.Position.Source);

        assignment.SetPaused(Paused, false);
        Assert.True(assignment.HasNext);
    }

    [Fact]
    public void What_was_in_hand_of_a_log_that_is_gone_is_not_committed_in_the_one_that_took_its_place()
    {
        var assignment = new KafkaAssignment(["topic"], maxBytes: 1_000, maxRecords: 10);
        assignment.Add([Other]);
        assignment.Put(Record(Other, 7));
        assignment.Put(Record(Other, 8));
        var former = assignment.Take()!.Position;
        assignment.MarkDone(former);

        assignment.StartOver(Other);

        Assert.Equal([Other], assignment.TakeLost());
        Assert.Empty(assignment.Pending());
        Assert.False(assignment.HasNext);
        Assert.False(assignment.MarkDone(former));
        assignment.Put(Record(Other, 0));
        assignment.MarkDone(assignment.Take()!.Position);
        Assert.Equal([new LogPosition("topic", 1, 1)], assignment.Pending());
    }
}
