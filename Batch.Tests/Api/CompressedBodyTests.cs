using System.IO.Compression;
using Batch.Api.Uploads;
using Batch.Csv;

namespace Batch.Tests.Api;

[Trait("Tier", "unit")]
[Collection(OneAtATime.Name)]
public sealed class CompressedBodyTests
{
    static readonly byte[] Csv = "a,b\n1,2\n"u8.ToArray();

    [Fact]
    public async Task Gzip_is_known_by_its_first_bytes() => Assert.Equal(Csv, await ReadAsync(Gzip(Csv), announced: false));

    [Fact]
    public async Task Gzip_in_gzip_is_unpacked_but_not_a_third_time()
    {
        Assert.Equal(Csv, await ReadAsync(Gzip(Gzip(Csv)), announced: true));
        Assert.Equal("INVALID_GZIP", (await Assert.ThrowsAsync<CsvFileException>(() => ReadAsync(Gzip(Gzip(Gzip(Csv))), announced: true))).Code);
    }

    [Fact]
    public async Task Files_put_one_behind_the_other_are_all_read() =>
        Assert.Equal(Csv.Concat(Csv).ToArray(), await ReadAsync([.. Gzip(Csv), .. Gzip(Csv)], announced: true));

    [Fact]
    public async Task A_file_declared_as_gzip_must_be_gzip() =>
        Assert.Equal("INVALID_GZIP", (await Assert.ThrowsAsync<CsvFileException>(() => ReadAsync(Csv, announced: true))).Code);

    [Fact]
    public async Task Damaged_and_truncated_gzip_is_refused()
    {
        var file = Gzip([.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * i >> 3))]);
        var damaged = (byte[])file.Clone();
        damaged[file.Length / 2] ^= 0xFF;
        damaged[file.Length / 2 + 1] ^= 0xFF;

        Assert.Equal("INVALID_GZIP", (await Assert.ThrowsAsync<CsvFileException>(() => ReadAsync(damaged, announced: true))).Code);
        Assert.Equal("INVALID_GZIP", (await Assert.ThrowsAsync<CsvFileException>(() => ReadAsync(file[..(file.Length / 2)], announced: true))).Code);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Short_and_empty_bodies_are_passed_on(int length) => Assert.Equal(Csv[..length], await ReadAsync(Csv[..length], announced: false));

    [Fact]
    public async Task A_bomb_takes_no_more_memory_than_any_file()
    {
        // 256 MiB of zeros in about 256 KiB.
        var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            var zeros = new byte[1 << 20];
            for (var i = 0; i < 256; i++)
                await gzip.WriteAsync(zeros);
        }
        packed.Position = 0;
        await using var file = await CompressedBody.OpenAsync(packed, announced: true, CancellationToken.None);
        var buffer = new byte[64 << 10];
        long read = 0;
        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (int n; (n = await file.ReadAsync(buffer)) > 0;)
            read += n;
        Assert.Equal(256L << 20, read);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 32L << 20);
    }

    static async Task<byte[]> ReadAsync(byte[] body, bool announced)
    {
        await using var file = await CompressedBody.OpenAsync(new MemoryStream(body), announced, CancellationToken.None);
        var read = new MemoryStream();
        await file.CopyToAsync(read);
        return read.ToArray();
    }

    static byte[] Gzip(byte[] bytes)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
            gzip.Write(bytes);
        return packed.ToArray();
    }
}
