using System.IO.Compression;
using System.Text;
using Batch.Csv;
using Batch.Csv.Compression;
using Batch.Tests.Chunks;

namespace Batch.Tests.Compression;

/// <summary>Every byte of a gzip file is accounted for: its text comes out whole, or it is an error.</summary>
[Trait("Tier", "unit")]
public sealed class GzipReaderTests
{
    static readonly byte[] Text = Encoding.UTF8.GetBytes("a,b\n" + string.Concat(Enumerable.Range(0, 60).Select(i => $"{i},{i * i}\n")));
    static readonly byte[] Packed = Gzip(Text);

    [Fact]
    public async Task A_file_cut_off_anywhere_is_an_error()
    {
        byte[] two = [.. Packed, .. Packed];
        for (var length = 1; length < two.Length; length++)
            if (length != Packed.Length)
                await AssertFaultAsync(two[..length], "is cut off");
        Assert.Equal(Text, await ReadAsync(Packed));
    }

    [Fact]
    public async Task A_damaged_byte_is_an_error_or_changes_nothing()
    {
        byte[] two = [.. Packed, .. Packed];
        byte[] text = [.. Text, .. Text];
        for (var at = 0; at < two.Length; at++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var damaged = (byte[])two.Clone();
                damaged[at] ^= (byte)(1 << bit);
                try
                {
                    // Time, level and system of a header mean nothing to the text; neither does the flag "is text".
                    Assert.Equal(text, await ReadAsync(damaged));
                    // The last byte of the data may have bits left over.
                    Assert.True(at % Packed.Length is (>= 3 and <= 9) || at % Packed.Length == Packed.Length - 9, $"byte {at}");
                }
                catch (CsvFileException fault)
                {
                    Assert.Equal("INVALID_GZIP", fault.Code);
                }
            }
        }
    }

    [Fact]
    public async Task A_damaged_checksum_is_called_that()
    {
        for (var back = 1; back <= 8; back++)
        {
            var damaged = (byte[])Packed.Clone();
            damaged[^back] ^= 1;
            await AssertFaultAsync(damaged, "its text does not match its checksum");
            await AssertFaultAsync([.. damaged, .. new byte[1_000]], "its text does not match its checksum");
            await AssertFaultAsync([.. Packed, .. damaged], "its text does not match its checksum");
            await AssertFaultAsync([.. damaged, .. Packed], "is damaged");
        }
    }

    [Theory]
    [InlineData("rubbish")]
    [InlineData("\0\0\0rubbish")]
    [InlineData("\u001f")]
    [InlineData("\0\u001f")]
    public async Task What_follows_the_last_member_and_is_not_zeros_is_an_error(string rest)
    {
        await AssertFaultAsync([.. Packed, .. Encoding.Latin1.GetBytes(rest)], rest == "\u001f"
            ? "The gzip data is"
            : "is followed by bytes that are not gzip");
        await AssertFaultAsync([.. Packed, .. new byte[100_000], .. Encoding.Latin1.GetBytes(rest)], "is followed by bytes that are not gzip");
    }

    [Fact]
    public async Task A_member_whose_header_is_damaged_is_not_the_end_of_the_file()
    {
        for (var at = 0; at < 4; at++)
        {
            var second = (byte[])Packed.Clone();
            second[at] ^= 0x80;
            var fault = await Assert.ThrowsAsync<CsvFileException>(() => ReadAsync([.. Packed, .. second]));
            Assert.Contains(at < 2 ? "is followed by bytes that are not gzip" : "is damaged", fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_member_behind_zeros_is_an_error_because_others_would_not_read_it() =>
        await AssertFaultAsync([.. Packed, 0, .. Packed], "is followed by bytes that are not gzip");

    [Theory]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(200_000)]
    public async Task Zeros_behind_the_last_member_are_padding(int zeros) => Assert.Equal(Text, await ReadAsync([.. Packed, .. new byte[zeros]]));

    [Fact]
    public async Task Members_are_read_one_after_the_other_empty_ones_too()
    {
        byte[] text = [.. Text, .. Text];
        Assert.Equal(text, await ReadAsync([.. Packed, .. Gzip([]), .. Gzip([]), .. Packed, .. Gzip([])]));
        Assert.Empty(await ReadAsync(Gzip([])));
    }

    [Fact]
    public async Task All_that_a_header_may_hold_is_passed_over()
    {
        byte[] head = [0x1F, 0x8B, 8, 2 | 4 | 8 | 16, 1, 2, 3, 4, 0, 3, 3, 0, .. Encoding.ASCII.GetBytes("xyzname.csv\0a comment\0")];
        byte[] file = [.. head, (byte)(HeaderCrc(head) & 0xFF), (byte)(HeaderCrc(head) >> 8), .. Packed[10..]];
        Assert.Equal(Text, await ReadAsync(file));
        file[head.Length] ^= 1;
        await AssertFaultAsync(file, "is damaged");
    }

    [Fact]
    public async Task Random_files_in_random_slices_come_out_as_GZipStream_reads_them()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            var text = new byte[random.Next(300_000)];
            for (var i = 0; i < text.Length; i++)
                text[i] = (byte)(random.Next(4) == 0 ? random.Next(256) : i >> random.Next(8));
            var at = random.Next(text.Length + 1);
            var level = (CompressionLevel)random.Next(4);
            byte[] file = [.. Gzip(text[..at], level), .. Gzip(text[at..], level), .. new byte[random.Next(3)]];
            using var expected = new MemoryStream();
            await using (var reference = new GZipStream(new MemoryStream(file), CompressionMode.Decompress))
                await reference.CopyToAsync(expected);
            Assert.Equal(expected.ToArray(), await ReadAsync(file, () => random.Next(1, 20_000)));
            Assert.Equal(text, expected.ToArray());
        }
    }

    static uint HeaderCrc(byte[] header)
    {
        var crc = uint.MaxValue;
        foreach (var b in header)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
        }
        return ~crc & 0xFFFF;
    }

    static async Task AssertFaultAsync(byte[] file, string says)
    {
        foreach (var slice in new[] { 1, 7, int.MaxValue })
        {
            var fault = await Assert.ThrowsAsync<CsvFileException>(() => ReadAsync(file, () => slice));
            Assert.Equal("INVALID_GZIP", fault.Code);
            Assert.Contains(says, fault.Message, StringComparison.Ordinal);
        }
    }

    static async Task<byte[]> ReadAsync(byte[] file, Func<int>? slice = null)
    {
        await using var reader = new GzipReader(new SlicedStream(file, slice ?? (() => int.MaxValue)));
        using var text = new MemoryStream();
        await reader.CopyToAsync(text);
        return text.ToArray();
    }

    static byte[] Gzip(byte[] text, CompressionLevel level = CompressionLevel.Optimal)
    {
        // Of nothing GZipStream makes nothing, where gzip makes a member.
        if (text.Length == 0)
            return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, level))
            gzip.Write(text);
        return packed.ToArray();
    }
}
