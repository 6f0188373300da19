using Batch.EmbeddedKafka.Storage;

namespace Batch.Tests.EmbeddedKafka.Storage;

[Trait("Tier", "unit")]
public sealed class SegmentIndexTests
{
    [Fact]
    public void An_index_stays_small_and_never_points_past_what_is_looked_for()
    {
        var index = new SegmentIndex();
        Assert.Null(index.ByOffset(0));
        const int batches = 300_000, size = 200;
        for (var i = 0; i < batches; i++)
            index.Add((long)i * size, 10 + 2 * i, i == 0 ? -1 : 1000 + i - 1);
        Assert.InRange(index.Count, 400, 1024);
        Assert.Equal(0, index.ByOffset(3)!.Value.Position);

        var random = new Random(3);
        for (var round = 0; round < 2000; round++)
        {
            var i = random.Next(batches);
            // At most one step before, which has doubled until 1,024 entries cover the segment.
            Check(i, index.ByOffset(10 + 2 * i + random.Next(2))!.Value);
            Check(i, index.ByPosition((long)i * size + random.Next(size))!.Value);
            Check(i, index.ByTimestamp(1000 + i)!.Value);
        }

        void Check(int i, SegmentIndex.Entry entry)
        {
            Assert.InRange(entry.Position, Math.Max(0, (i - 1) * (long)size - 2 * batches * size / 1024), (long)i * size);
            Assert.Equal(10 + 2 * (entry.Position / size), entry.Offset);
        }
    }
}
