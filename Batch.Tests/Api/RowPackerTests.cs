using System.Text;
using Batch.Api.Publishing;
using Batch.Api.Repairs;
using Batch.Csv;

namespace Batch.Tests.Api;

[Trait("Tier", "unit")]
public sealed class RowPackerTests
{
    [Fact]
    public void Rows_keep_their_numbers_and_lines()
    {
        using var packer = new RowPacker(CsvDialect.Default, chunkBytes: 1 << 20);
        packer.Add(3, 4, "a,1"u8);
        packer.Add(17, 25, "\"b\nc\",2"u8);

        using var chunk = packer.Take()!;

        Assert.Equal("a,1\n\"b\nc\",2\n", Encoding.UTF8.GetString(chunk.Bytes.Span));
        Assert.Equal((2, 3L, 4L, 0), (chunk.Rows, chunk.FirstRow, chunk.FirstLine, chunk.Ordinal));
        Assert.Equal([3, 17], chunk.RowNumbers!);
        Assert.Equal([4, 25], chunk.LineNumbers!);
        Assert.Null(packer.Take());
    }

    [Fact]
    public void A_row_whose_quote_stays_open_does_not_swallow_the_next()
    {
        using var packer = new RowPacker(CsvDialect.Default, chunkBytes: 1 << 20);
        // Alone each is malformed; one below the other they would be a single good row.
        packer.Add(7, 8, "7,\"abc"u8);
        packer.Add(9, 10, "9,\""u8);
        packer.Add(11, 12, "11,fine"u8);

        var chunks = TakeAll(packer);

        Assert.Equal([[7], [9, 11]], chunks);
    }

    [Fact]
    public void Any_mixture_of_good_and_malformed_rows_is_found_again_row_by_row()
    {
        var random = new Random(20240607);
        string[] pieces = ["\"", "\"\"", ",", "a", "\r\n", "\n", "é", " ", "1"];
        for (var round = 0; round < 300; round++)
        {
            using var packer = new RowPacker(CsvDialect.Default, chunkBytes: 200);
            var given = new List<long>();
            var found = new List<long>();
            for (var i = 1; i <= 40; i++)
            {
                var raw = OneRow(string.Concat(Enumerable.Range(0, random.Next(1, 8)).Select(_ => pieces[random.Next(pieces.Length)])));
                if (raw.Length == 0)
                    continue;
                packer.Add(i, i, raw);
                given.Add(i);
                while (packer.IsFull)
                    found.AddRange(Verified(packer.Take()!));
            }
            while (packer.Take() is { } chunk)
                found.AddRange(Verified(chunk));
            Assert.Equal(given, found);
        }
    }

    /// <summary>What a file with this text would have as its first row.</summary>
    static byte[] OneRow(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text + "\n");
        var batch = new RowBatch();
        var line = 0;
        new CsvTokenizer(CsvDialect.Default).Read(bytes, 0, ref line, batch);
        return batch.RowCount == 0 ? [] : bytes[batch.Rows[0].Start..batch.Rows[0].End];
    }

    static IEnumerable<long> Verified(OutgoingChunk chunk)
    {
        using (chunk)
        {
            var batch = new RowBatch();
            var (rows, offset, line) = (0, 0, 0);
            while (offset < chunk.Bytes.Length)
            {
                offset = new CsvTokenizer(CsvDialect.Default).Read(chunk.Bytes.Span, offset, ref line, batch);
                rows += batch.RowCount;
            }
            Assert.Equal(chunk.Rows, rows);
            return chunk.RowNumbers!;
        }
    }

    static long[][] TakeAll(RowPacker packer)
    {
        var chunks = new List<long[]>();
        while (packer.Take() is { } chunk)
            chunks.Add([.. Verified(chunk)]);
        return [.. chunks];
    }
}
