using System.Buffers;
using System.Globalization;
using System.Text;
using Batch.Csv.Schema;
using Batch.Csv.Validation;
using Batch.Csv.Validation.Native;
using Batch.Tests.EmbeddedClickHouse;

namespace Batch.Tests.Validation;

/// <summary>What ClickHouse makes of the blocks: it takes them and gives back what was put in.</summary>
[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class NativeBlockTests(ClickHouseProcess clickHouse)
{
    static readonly HttpClient Http = new();

    [Fact]
    public async Task Random_blocks_of_all_types_come_back_as_they_went_in()
    {
        var database = await clickHouse.CreateDatabaseAsync();
        using var validator = new ChunkValidator();
        var types = new HashSet<string>();
        for (var seed = 1000; seed < 1100; seed++)
        {
            var file = new RandomFile(seed, rows: 200);
            var chunk = validator.Validate(Chunk.Header(file.Rows.Count, file.Mapping), file.Schema, file.Bytes, default);
            if (chunk.Data is not { } data)
                continue;
            types.UnionWith(file.Schema.Columns.Select(column => column.ClickHouseType));
            await AssertRoundTripAsync($"{database}.t{seed}", file.Schema, data);
        }

        string[] needed =
        [
            "String", "Nullable(String)", "LowCardinality(String)", "LowCardinality(Nullable(String))", "Bool", "Nullable(Bool)", "DateTime", "Nullable(DateTime)",
            "UInt32", "UInt64", "Float32", "Float64", "Nullable(Float64)", "Array(Float32)", "Array(Float64)", "Date", "Date32", "Decimal(18, 4)", "UUID",
            "IPv4", "IPv6", "Time64(3)", "DateTime64(9)", "FixedString(12)", "Int256", "UInt128",
        ];
        Assert.Equal([], needed.Except(types));
    }

    [Theory]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(70_000)]
    public async Task Categories_of_any_number_find_room_in_their_index(int categories)
    {
        var model = Chunk.Model(
            Chunk.Column("a", ColumnType.Category, "LowCardinality(String)"),
            Chunk.Column("b", ColumnType.Category, "LowCardinality(String)") with { Optional = true });
        var csv = new StringBuilder();
        for (var i = 0; i < categories + 10; i++)
            csv.Append(CultureInfo.InvariantCulture, $"cat {i % categories},{(i % 7 == 0 ? "" : $"other {i % categories}")}\n");
        using var validator = new ChunkValidator();
        var chunk = validator.Validate(Chunk.Header(categories + 10, [0, 1]), model, Encoding.UTF8.GetBytes(csv.ToString()), default);
        await AssertRoundTripAsync($"{await clickHouse.CreateDatabaseAsync()}.t", model, chunk.Data!);
    }

    [Fact]
    public async Task Rows_of_sixty_four_jobs_in_one_block_come_back_each_with_its_own_job()
    {
        var model = Chunk.Model(Chunk.Text("event_id"), Chunk.Column("c", ColumnType.Category, "LowCardinality(String)"));
        using var validator = new ChunkValidator();
        // The first has no good row: its name stands in the dictionary, and no row has it.
        var chunks = Enumerable.Range(0, 64).Select(job => (Chunk.Header(job + 1, [0, 1]) with { JobId = $"job-{job}", FirstRow = 100 * job + 1 }).RowsIn(
            Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, job + 1).Select(row => job == 0 ? ",\n" : $"{row},c{job % 3}\n"))))).ToArray();
        var table = $"{await clickHouse.CreateDatabaseAsync()}.t";
        await AssertRoundTripAsync(table, model, validator.Validate(chunks, model, default).Data!);
        Assert.Equal(
            "63\t63\t2079\n",
            await clickHouse.QueryAsync($"""
                SELECT count(), countIf(rows = toUInt64(substring(_job_id, 5)) + 1 AND last = 100 * (rows - 1) + rows
                    AND cs = ['c' || toString(toUInt64(substring(_job_id, 5)) % 3)]), sum(rows)
                FROM (SELECT _job_id, count() AS rows, max(_row) AS last, groupUniqArray(c) AS cs FROM {table} GROUP BY _job_id)
                """));
    }

    [Fact]
    public async Task Every_error_of_every_bad_row_finds_its_place_in_the_table_of_rejected_rows()
    {
        var database = await clickHouse.CreateDatabaseAsync();
        await clickHouse.QueryAsync($"""
            CREATE TABLE {database}.r (tenant_id LowCardinality(String), job_id String, row UInt64, seq UInt16, line UInt64, event_id String, column LowCardinality(String),
            type LowCardinality(String), error LowCardinality(String), observed String, has_observed UInt8, message LowCardinality(String), raw String, ingested_at DateTime DEFAULT now())
            ENGINE = MergeTree ORDER BY (tenant_id, job_id, row, seq)
            """);
        var csv = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 120_000).Select(i => $"id{i},yesterday,abc\n")));
        using var validator = new ChunkValidator();
        var chunk = validator.Validate(Chunk.Header(120_000, [0, 1, 2]), Chunk.Purchases, csv, default);
        Assert.Null(chunk.Data);
        foreach (var block in chunk.RejectedBlocks())
            await InsertAsync($"{database}.r", block);
        Assert.Equal(
            "240000\t120000\t120000\tid119999,yesterday,abc\n",
            await clickHouse.QueryAsync(
                $"SELECT count(), uniqExact(row), countIf(raw != ''), argMax(raw, (row, -seq)) FROM {database}.r WHERE error IN ('INVALID_TIMESTAMP', 'NOT_A_FLOAT')"));
    }

    async Task AssertRoundTripAsync(string table, ModelSchema model, NativeBlock data)
    {
        var columns = string.Join(", ", model.Columns.Select(column => $"`{column.Name}` {column.ClickHouseType}"));
        await clickHouse.QueryAsync(
            $"CREATE TABLE {table} ({columns}, _job_id LowCardinality(String), _row UInt64, _ingested_at DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY _row");
        await InsertAsync(table, data);

        var sent = NativeReader.Read(data);
        var names = string.Join(", ", sent.Select(column => $"`{column.Name}`"));
        using var answer = await Http.PostAsync($"{clickHouse.Url}/", new StringContent($"SELECT {names} FROM {table} ORDER BY _row FORMAT Native"));
        var body = await answer.Content.ReadAsByteArrayAsync();
        Assert.True(answer.IsSuccessStatusCode, Encoding.UTF8.GetString(body));
        var received = NativeReader.Read(body);
        foreach (var (expected, actual) in sent.Zip(received, (sent, received) => (sent, received)))
        {
            Assert.Equal((expected.Name, NativeReader.Unzoned(expected.Type)), (actual.Name, actual.Type));
            Assert.Equal(expected.Values, actual.Values);
        }
    }

    async Task InsertAsync(string table, NativeBlock block)
    {
        var sql = $"INSERT INTO {table} ({string.Join(", ", block.Columns.Select(column => $"`{column}`"))}) FORMAT Native";
        using var answer = await Http.PostAsync($"{clickHouse.Url}/?query={Uri.EscapeDataString(sql)}", new ByteArrayContent(block.Bytes.ToArray()));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }
}
