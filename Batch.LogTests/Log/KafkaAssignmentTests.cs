using Batch.Core.Log;
using Batch.Core.Log.Kafka;

namespace Batch.Tests.Log;

[Trait("Tier", "unit")]
public sealed class KafkaAssignmentTests
{
    static readonly LogPartition Paused = new("topic", 0), Other = new("topic", 1);

    static LogRecord Record(LogPartition partition) =>
        new(new LogPosition(partition.Topic, partition.Partition, 0), [], new byte[100], DateTimeOffset.UnixEpoch, owner: null);

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
}
