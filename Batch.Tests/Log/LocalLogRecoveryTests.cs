using Batch.Core.Log;
using Batch.Primitives;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Batch.Tests.Log;

public sealed class LocalLogRecoveryTests : LocalLogFixture
{
    [Fact]
    public async Task A_record_torn_at_any_byte_is_cut_off_and_the_log_goes_on()
    {
        await AppendAsync("first");
        await AppendAsync("second");
        await CloseAsync();
        var file = Assert.Single(SegmentFiles);
        var before = new FileInfo(file).Length;
        await OpenAsync();
        await AppendAsync("the one that is torn");
        await CloseAsync();
        var whole = await File.ReadAllBytesAsync(file);

        for (var length = before; length < whole.Length; length++)
        {
            await File.WriteAllBytesAsync(file, whole[..(int)length]);
            await OpenAsync();

            Assert.Equal(before, new FileInfo(file).Length);
            Assert.Equal(2, (await AppendAsync("next")).Offset);
            Assert.Equal(["0=first", "1=second", "2=next"], await ReadAllAsync());
            await CloseAsync();
        }
        Assert.Equal(whole.Length - before - 1, Lines.At(LogLevel.Warning).Count(line => line.Contains("never acknowledged", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_flipped_bit_costs_one_record_and_is_reported(bool whileOpen)
    {
        await AppendAsync("first");
        await AppendAsync("other");
        await AppendAsync("third");
        await CloseAsync();
        var file = Assert.Single(SegmentFiles);
        var whole = await File.ReadAllBytesAsync(file);
        var frame = whole.Length / 3;
        var random = new Random(7);

        for (var at = 0; at < whole.Length; at++)
        {
            var damaged = whole.ToArray();
            damaged[at] ^= (byte)(1 << random.Next(8));
            await File.WriteAllBytesAsync(file, whileOpen ? whole : damaged);
            await OpenAsync();
            if (whileOpen)
                await File.WriteAllBytesAsync(file, damaged);

            var read = await ReadAllAsync();

            var expected = new List<string> { "0=first", "1=other", "2=third" };
            var hit = Math.Min(at / frame, 2);
            Assert.DoesNotContain(expected[hit], read);
            Assert.Equal(expected.Where((_, i) => i != hit), read.Where(text => !text.EndsWith('!')));
            Assert.True(read.All(text => !text.EndsWith('!') || text == $"{hit}!"));
            await CloseAsync();
        }
        Assert.True(Lines.At(LogLevel.Error).Count() >= (whileOpen ? whole.Length : whole.Length * 2 / 3));
    }

    [Fact]
    public async Task A_damaged_value_is_delivered_marked_with_sound_headers()
    {
        await AppendAsync("damaged value");
        await AppendAsync("after");
        await CloseAsync();
        var file = Assert.Single(SegmentFiles);
        var bytes = await File.ReadAllBytesAsync(file);
        bytes[bytes.AsSpan().IndexOf("damaged"u8)] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);
        await OpenAsync();
        await using var consumer = Log.Join("group", [Topic]);

        using var record = await consumer.ReadAsync(new CancellationTokenSource(Patience).Token);

        Assert.True(record.Damaged);
        Assert.Equal("header"u8.ToArray(), record.Header("key")!.Value.ToArray());
        Assert.Equal(["1=after"], await ReadAllAsync(consumer));
    }

    [Fact]
    public async Task Bytes_of_a_value_that_look_like_a_record_do_not_pass_for_one()
    {
        await AppendAsync("first");
        await CloseAsync();
        var forged = await File.ReadAllBytesAsync(Assert.Single(SegmentFiles));
        await OpenAsync();
        var holder = await AppendAsync([.. forged, .. forged]);
        await AppendAsync("last");
        await CloseAsync();
        var bytes = await File.ReadAllBytesAsync(Assert.Single(SegmentFiles));
        bytes[forged.Length] ^= 1;
        await File.WriteAllBytesAsync(Assert.Single(SegmentFiles), bytes);
        await OpenAsync();

        Assert.Equal(1, holder.Offset);
        Assert.Equal(["0=first", "2=last"], await ReadAllAsync());
        Assert.NotEmpty(Lines.At(LogLevel.Error));
    }

    [Fact]
    public async Task No_offset_is_given_twice_even_where_committed_records_were_lost()
    {
        await AppendAsync("kept");
        await AppendAsync("lost");
        await using (var consumer = Log.Join("group", [Topic]))
        {
            Assert.Equal(2, (await ReadAllAsync(consumer)).Count);
            await consumer.CommitAsync(new LogPosition(Topic, 0, 1), CancellationToken.None);
            await using var behind = Log.Join("behind", [Topic]);
        }
        await CloseAsync();
        var file = Assert.Single(SegmentFiles);
        var bytes = await File.ReadAllBytesAsync(file);
        await File.WriteAllBytesAsync(file, bytes[..(bytes.Length / 2)]);
        await OpenAsync();

        Assert.Equal(2, (await AppendAsync("new")).Offset);

        await using var again = Log.Join("group", [Topic]);
        Assert.Equal(["2=new"], await ReadAllAsync(again));
        await using var other = Log.Join("behind", [Topic]);
        Assert.Equal(["0=kept", "2=new"], await ReadAllAsync(other));
    }

    [Fact]
    public async Task A_torn_line_of_positions_means_redelivery_never_a_skip()
    {
        for (var i = 0; i < 4; i++)
            await AppendAsync($"{i}");
        await using (var consumer = Log.Join("group", [Topic]))
        await using (Log.Join("other", [Topic]))
        {
            await ReadAllAsync(consumer);
            for (var i = 0; i < 3; i++)
                await consumer.CommitAsync(new LogPosition(Topic, 0, i), CancellationToken.None).WaitAsync(Patience);
        }
        await CloseAsync();
        var file = Path.Combine(Options.Directory, "groups", "group.positions");
        var whole = await File.ReadAllBytesAsync(file);

        for (var length = whole.Length; length >= 0; length--)
        {
            await File.WriteAllBytesAsync(file, whole[..length]);
            await OpenAsync();
            await using (var consumer = Log.Join("group", [Topic]))
            {
                var read = await ReadAllAsync(consumer);
                // Never less than what was not committed; what was may come again.
                Assert.InRange(read.Count, 1, 4);
                Assert.Equal(Enumerable.Range(4 - read.Count, read.Count).Select(i => $"{i}={i}"), read);
                Assert.True(length < whole.Length - 1 || read.Count == 1);
            }
            await CloseAsync();
        }
    }

    [Fact]
    public async Task What_was_acknowledged_outlives_kill_9()
    {
        await CloseAsync();
        var acknowledged = new Dictionary<(int Partition, long Offset), (uint Checksum, int Bytes)>();
        for (var kill = 0; kill < 4; kill++)
        {
            using (var process = AppendingProcess.Start(Options.Directory))
            {
                var records = 50 + kill * 61;
                using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
                var killed = false;
                // What was printed before the kill and is still in the pipe counts too.
                while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
                {
                    if (line.Split(' ') is [var partition, var offset, var checksum, var bytes] && int.TryParse(bytes, out var size))
                        acknowledged.Add((int.Parse(partition), long.Parse(offset)), (uint.Parse(checksum), size));
                    if (!killed && --records < 0)
                    {
                        process.Kill();
                        killed = true;
                    }
                }
                await process.WaitForExitAsync(patience.Token);
                Assert.Equal(128 + 9, process.ExitCode);
            }
            await using var log = LocalLog.Open(Options, Lines);
            await using var consumer = log.Join($"reader-{kill}", [AppendingProcess.Topic]);
            var missing = new HashSet<(int, long)>(acknowledged.Keys);
            using var soon = new CancellationTokenSource(Patience);
            while (missing.Count > 0)
            {
                using var record = await consumer.ReadAsync(soon.Token);
                var key = (record.Position.Partition, record.Position.Offset);
                Assert.False(record.Damaged);
                if (missing.Remove(key))
                    Assert.Equal(acknowledged[key], (Crc32C.Of(record.Value.Span), record.Value.Length));
            }
        }
        Assert.True(acknowledged.Count > 400);
        await OpenAsync();
    }
}
