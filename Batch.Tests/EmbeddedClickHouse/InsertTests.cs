using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Batch.Tests.EmbeddedClickHouse;

[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class InsertTests(ClickHouseProcess clickHouse) : InsertTest(clickHouse)
{
    [Theory]
    [InlineData("CSV", "1,x\n2,\"y\"\n")]
    [InlineData("TSV", "1\tx\n2\ty\n")]
    [InlineData("JSONEachRow", "{\"a\":1,\"s\":\"x\"}\n{\"a\":2,\"s\":\"y\"}\n")]
    [InlineData("Values", "(1,'x'),(1+1,concat('','y'))")]
    public async Task Rows_in_the_body_are_inserted_whether_the_statement_is_in_the_URL_or_before_them(string format, string rows)
    {
        await InsertAsync($"INSERT INTO {_table} FORMAT {format}", Encoding.UTF8.GetBytes(rows));
        await InsertAsync(null, Encoding.UTF8.GetBytes($"INSERT INTO {_table} (a, s) FORMAT {format}\n{rows}"));

        Assert.Equal("1\tx\n1\tx\n2\ty\n2\ty\n", await RowsAsync());
    }

    [Fact]
    public async Task Binary_formats_make_the_round_trip()
    {
        var rowBinary = new byte[] { 1, 0, 0, 0, 0, 0, 0, 0, 1, (byte)'x' };
        await InsertAsync($"INSERT INTO {_table} FORMAT RowBinary", rowBinary);
        var native = Native([2, 3], ["y", "z\n\nDROP TABLE " + _table]);
        await InsertAsync($"INSERT INTO {_table} FORMAT Native", native);
        await InsertAsync(null, [.. Encoding.UTF8.GetBytes($"INSERT INTO {_table} FORMAT Native\n"), .. Native([4], ["w"])]);

        Assert.Equal("1\tx\n2\ty\n3\tz\\n\\nDROP TABLE " + _table + "\n4\tw\n", await RowsAsync());
    }

    [Fact]
    public async Task Values_and_select_in_the_body_are_inserted()
    {
        await ClickHouse.QueryAsync($"INSERT INTO {_table} VALUES (1, 'x');");
        await ClickHouse.QueryAsync($"INSERT INTO {_table} SELECT 2, 'y'");
        await ClickHouse.QueryAsync($"INSERT INTO TABLE {_table} (s, a) SETTINGS max_threads = 1 VALUES ('z', 3)");

        Assert.Equal("1\tx\n2\ty\n3\tz\n", await RowsAsync());
    }

    [Theory]
    [InlineData("INSERT INTO {0} FORMAT CSV\n1,\"\n\nDROP TABLE {0}\"\n")]
    [InlineData("INSERT INTO {0} VALUES (1, '\n\nDROP TABLE {0}')")]
    [InlineData("INSERT INTO {0} FORMAT TSV\n1\tx\n\nDROP TABLE {0}\n")]
    [InlineData("INSERT INTO {0} VALUES (1, 'x')\n\nDROP TABLE {0}")]
    [InlineData("INSERT INTO {0} VALUES (1, 'x'); DROP TABLE {0}")]
    [InlineData("INSERT INTO {0} FORMAT CSV;\n1,x\n;\n\nDROP TABLE {0};\n")]
    [InlineData("INSERT INTO {0}\n\nDROP TABLE {0}")]
    [InlineData("INSERT INTO {0} SELECT 1, 'x'\n\n;DROP TABLE {0}")]
    public async Task Rows_are_never_run_as_sql(string body)
    {
        await ClickHouse.PostAsync(null, Encoding.UTF8.GetBytes(body.Replace("{0}", _table, StringComparison.Ordinal)));

        Assert.Equal("1\n", await ClickHouse.QueryAsync($"EXISTS {_table}"));
    }

    [Theory]
    [InlineData("1,x\n\nDROP TABLE {0}\n")]
    [InlineData("\n\nDROP TABLE {0}")]
    [InlineData("; DROP TABLE {0}")]
    public async Task Rows_beside_a_statement_in_the_URL_are_never_run_as_sql(string rows)
    {
        var body = Encoding.UTF8.GetBytes(rows.Replace("{0}", _table, StringComparison.Ordinal));
        await ClickHouse.PostAsync($"INSERT INTO {_table} FORMAT CSV", body);
        await ClickHouse.PostAsync($"INSERT INTO {_table} VALUES", body);
        await ClickHouse.PostAsync($"INSERT INTO {_table}", body);

        Assert.Equal("1\n", await ClickHouse.QueryAsync($"EXISTS {_table}"));
    }

    [Fact]
    public async Task What_follows_the_semicolon_of_values_is_refused_and_nothing_is_inserted()
    {
        for (var round = 0; round < 20; round++)
        {
            var answer = await ClickHouse.PostAsync(null, Encoding.UTF8.GetBytes($"INSERT INTO {_table} VALUES (1, 'x;y'); (2, 'z')"));
            Assert.Equal(62, answer.ErrorCode);
        }

        Assert.Equal("", await RowsAsync());
    }

    [Fact]
    public async Task Blank_line_inside_quotes_stays_in_the_value()
    {
        await InsertAsync(null, Encoding.UTF8.GetBytes($"INSERT INTO {_table} FORMAT CSV\n1,\"a\n\n\n\nb\"\n"));

        Assert.Equal("1\ta\\n\\n\\n\\nb\n", await RowsAsync());
    }

    [Fact]
    public async Task Long_body_arrives_whole()
    {
        const int Rows = 400_000;
        var body = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, Rows).Select(row => $"{row},row number {row}\n")));
        Assert.True(body.Length > 8 << 20);

        await InsertAsync($"INSERT INTO {_table} FORMAT CSV", body);
        await InsertAsync(null, [.. Encoding.ASCII.GetBytes($"INSERT INTO {_table} FORMAT CSV\n"), .. body]);

        Assert.Equal($"{2 * Rows}\t{Rows}\t{(long)Rows * (Rows - 1)}\n",
            await ClickHouse.QueryAsync($"SELECT count(), uniqExact(a, s), sum(a) FROM {_table}"));
    }

    [Fact]
    public async Task Summary_counts_the_rows_written()
    {
        var answer = await InsertAsync($"INSERT INTO {_table} FORMAT CSV", "1,x\n2,y\n"u8.ToArray());

        Assert.Contains("\"written_rows\":\"2\"", answer.Headers["X-ClickHouse-Summary"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Insert_without_rows_succeeds()
    {
        await InsertAsync($"INSERT INTO {_table} FORMAT CSV", []);

        Assert.Equal("", await RowsAsync());
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task Compressed_body_is_inserted(string encoding)
    {
        await InsertAsync($"INSERT INTO {_table} FORMAT CSV", Compress(encoding, "1,x\n"), encoding: encoding);

        Assert.Equal("1\tx\n", await RowsAsync());
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task Compressed_body_that_is_cut_short_is_refused_and_nothing_stays(string encoding)
    {
        var whole = Compress(encoding, string.Concat(Enumerable.Range(0, 100_000).Select(row => $"{row},{row * 7919L % 104_729}\n")));

        foreach (var length in (int[])[whole.Length / 2, whole.Length - 9, whole.Length - 1])
        {
            var answer = await ClickHouse.PostAsync($"INSERT INTO {_table} FORMAT CSV", whole[..length], encoding: encoding);
            Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        }

        Assert.Equal("", await RowsAsync());
    }

    [Theory]
    [InlineData("gzip", HttpStatusCode.BadRequest)]
    [InlineData("zstd", HttpStatusCode.InternalServerError)]
    public async Task Garbage_and_unknown_compression_are_refused(string encoding, HttpStatusCode status) =>
        Assert.Equal(status, (await ClickHouse.PostAsync($"INSERT INTO {_table} FORMAT CSV", "no such thing"u8.ToArray(), encoding: encoding)).Status);

    [Fact]
    public async Task Row_that_does_not_parse_refuses_the_whole_insert()
    {
        var answer = await ClickHouse.PostAsync($"INSERT INTO {_table} FORMAT CSV", "1,x\ntwo,y\n"u8.ToArray());

        Assert.Equal(27, answer.ErrorCode);
        Assert.Equal("", await RowsAsync());
        await InsertAsync($"INSERT INTO {_table} FORMAT CSV", "3,z\n"u8.ToArray());
        Assert.Equal("3\tz\n", await RowsAsync());
    }

    [Fact]
    public async Task Body_that_breaks_off_leaves_nothing()
    {
        using (var socket = new TcpClient("127.0.0.1", ClickHouse.Port))
        {
            var stream = socket.GetStream();
            var query = Uri.EscapeDataString($"INSERT INTO {_table} FORMAT CSV");
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /?query={query} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n"));
            await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 300_000).Select(row => $"{row},x\n"))));
            await Task.Delay(300);
        }
        await Task.Delay(500);

        Assert.Equal("", await RowsAsync());
    }

    static byte[] Compress(string encoding, string text)
    {
        var compressed = new MemoryStream();
        using (Stream compressor = encoding switch
        {
            "gzip" => new GZipStream(compressed, CompressionMode.Compress),
            "deflate" => new ZLibStream(compressed, CompressionMode.Compress),
            _ => new BrotliStream(compressed, CompressionMode.Compress),
        })
        {
            compressor.Write(Encoding.UTF8.GetBytes(text));
        }
        return compressed.ToArray();
    }
}
