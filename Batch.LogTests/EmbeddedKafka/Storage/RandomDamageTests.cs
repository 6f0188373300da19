using Batch.EmbeddedKafka.Batches;

namespace Batch.Tests.EmbeddedKafka.Storage;

/// <summary>Random damage anywhere in the segments of a partition: what it did not touch is delivered, once and in order, and nothing else.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class RandomDamageTests : StorageFixture
{
    const int Batches = 200;

    readonly record struct Place(string File, int From, int To, string[] Records)
    {
        /// <summary>The leader epoch, which nobody reads, does not count.</summary>
        public bool IsHit(string file, int from, int to) =>
            File == file && ((from < From + 12 && to > From) || (from < To && to > From + 16));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Damage_of_any_kind_costs_the_batches_that_it_touched_and_no_other(bool whileOpen)
    {
        Options = Options with { SegmentBytes = 16384 };
        await ReopenAsync();
        var random = new Random(16);
        for (var i = 0; i < Batches; i++)
            await AppendAsync([.. Enumerable.Range(0, 1 + random.Next(3)).Select(n => $"{i}.{n} {new string('x', random.Next(700))}")]);
        await CloseAsync();
        var whole = SegmentFiles.ToDictionary(file => file, File.ReadAllBytes);
        var places = whole.SelectMany(segment => PlacesOf(segment.Key, segment.Value)).ToList();
        Assert.Equal(Batches, places.Count);

        for (var round = 0; round < 150; round++)
        {
            Restore(whole);
            if (whileOpen)
                await OpenAsync();
            var (file, from, to) = Damage(random, places, whole);
            if (!whileOpen)
                await OpenAsync();
            var expected = places.Where(place => !place.IsHit(file, from, to)).SelectMany(place => place.Records).ToList();

            var what = $"round {round}: bytes {from} to {to} of {Path.GetFileName(file)}";
            Assert.True(expected.SequenceEqual(ReadAll()), $"{what}\n{string.Join('\n', Lines.At(Microsoft.Extensions.Logging.LogLevel.Error).TakeLast(3))}"
                + $"\nmissing {string.Join(' ', expected.Except(ReadAll()).Select(Short))}"
                + $"\nsurplus {string.Join(' ', ReadAll().Except(expected).Select(Short))}");
            // From any offset on, also from those that are gone, and in pieces.
            var offset = random.NextInt64(Partition.Start, Partition.End);
            Assert.True(expected.SkipWhile(record => OffsetOf(record) < offset).SequenceEqual(
                ReadFrom(offset, 1 + random.Next(5000)).SkipWhile(record => OffsetOf(record) < offset)), what);
            var end = Partition.End;
            Assert.Equal(end, await AppendAsync("next"));
            Assert.True(expected.Append($"{end}=next").SequenceEqual(ReadAll()), $"{what}, then an append");
            await CloseAsync();
        }
    }

    static string Short(string record) => record[..Math.Min(16, record.Length)];

    static long OffsetOf(string record) => long.Parse(record[..record.IndexOfAny(['=', '!'])]);

    List<string> ReadFrom(long offset, int maxBytes)
    {
        var read = new List<string>();
        while (offset < Partition.End)
        {
            using var slice = Partition.Find(offset, maxBytes, atLeastOne: true);
            Assert.True(slice.NextOffset > offset);
            read.AddRange(TestBatch.Decode(Bytes(slice)));
            offset = slice.NextOffset;
        }
        return read;
    }

    void Restore(Dictionary<string, byte[]> whole)
    {
        foreach (var file in SegmentFiles)
            File.Delete(file);
        foreach (var (file, bytes) in whole)
            File.WriteAllBytes(file, bytes);
    }

    /// <returns>The bytes that differ from what was written.</returns>
    static (string File, int From, int To) Damage(Random random, List<Place> places, Dictionary<string, byte[]> whole)
    {
        var hit = places[random.Next(places.Count)];
        var damaged = whole[hit.File].ToArray();
        // Half of it begins in a header, which is a small part of the bytes.
        var from = random.Next(2) == 0 ? hit.From + random.Next(RecordBatch.HeaderBytes) : random.Next(damaged.Length);
        var length = Math.Min(random.Next(2) == 0 ? 1 + random.Next(8) : 1 + random.Next(4096), damaged.Length - from);
        var target = damaged.AsSpan(from, length);
        switch (random.Next(5))
        {
            case 0:
                target.Clear();
                break;
            case 1:
                random.NextBytes(target);
                break;
            case 2:
                // A length that is negative, too large or a little wrong.
                from = hit.From + 8;
                System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(
                    damaged.AsSpan(from), random.Next(3) switch { 0 => -random.Next(1000), 1 => int.MaxValue - random.Next(1000), _ => random.Next(2000) });
                break;
            case 3:
                // An offset of another place.
                from = hit.From;
                System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(damaged.AsSpan(from), random.Next(Batches));
                break;
            default:
                damaged = damaged[..from];
                break;
        }
        var before = whole[hit.File];
        var common = damaged.AsSpan().CommonPrefixLength(before);
        var to = before.Length;
        while (damaged.Length == before.Length && to > common && damaged[to - 1] == before[to - 1])
            to--;
        using var file = File.Open(hit.File, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.Write(damaged);
        file.SetLength(damaged.Length);
        return (hit.File, common, to);
    }

    static IEnumerable<Place> PlacesOf(string file, byte[] bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            var size = (int)new RecordBatch(bytes.AsSpan(at)).Size;
            yield return new Place(file, at, at + size, [.. TestBatch.Decode(bytes.AsSpan(at, size))]);
            at += size;
        }
    }
}
