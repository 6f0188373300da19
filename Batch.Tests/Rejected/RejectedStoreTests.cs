using System.Text;
using System.Text.Json;
using Batch.Client;
using Batch.Core.Ids;
using Batch.Core.Jobs;
using Batch.Core.Rejected;
using Batch.Csv.Export;
using Batch.Csv.Validation.Rejects;
using Batch.Tests.ClickHouse;
using Batch.Tests.EmbeddedClickHouse;
using Batch.Tests.Jobs;

namespace Batch.Tests.Rejected;

[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class RejectedStoreTests(ClickHouseProcess process) : IAsyncLifetime
{
    ClickHouseScope _scope = null!;
    Job _job = null!;
    RejectedStore Rejected => _scope.Rejected;

    public async Task InitializeAsync()
    {
        _scope = await ClickHouseScope.CreateAsync(process);
        _job = await _scope.Jobs.GetAsync(await _scope.Writer.CreateAsync());
    }

    public async Task DisposeAsync() => await _scope.DisposeAsync();

    // Rows 1..n; every third has two errors more. The raw bytes of a row are its number, a quote, a line break and two bytes that are no UTF-8.
    Task FillAsync(int rows) => _scope.ExecuteAsync($"""
        INSERT INTO rejected_rows (tenant_id, job_id, row, seq, line, event_id, column, type, error, observed, has_observed, message, raw)
        SELECT '{_job.TenantId}', '{_job.JobId}', number + 1, n, number + 2, if(number = 0, '', 'e' || toString(number)), 'c' || toString(n), 'FLOAT',
            if(n = 0, 'NOT_A_FLOAT', 'NULL_VALUE'), if(n = 0, unhex('61FF'), ''), n = 0, 'm', if(n = 0, toString(number + 1) || unhex('220A2CFFFE'), '')
        FROM numbers({rows}) ARRAY JOIN if(number % 3 = 0, [2, 1, 0], [0]) AS n
        """);

    async Task<List<RejectedRow>> AllAsync(RejectedQuery query)
    {
        var rows = new List<RejectedRow>();
        for (string? cursor = null; ;)
        {
            var page = await Rejected.PageAsync(_job, query with { Cursor = cursor }, ClickHouseScope.Soon);
            rows.AddRange(page.Rows);
            if (page.Next is null)
                return rows;
            Assert.Equal(query.Limit, page.Rows.Count);
            cursor = page.Next;
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(1000)]
    public async Task Pages_give_every_error_once_in_row_order(int limit)
    {
        await FillAsync(7);
        var rows = await AllAsync(new() { Limit = limit });
        Assert.Equal(
            ["1c0", "1c1", "1c2", "2c0", "3c0", "4c0", "4c1", "4c2", "5c0", "6c0", "7c0", "7c1", "7c2"], rows.Select(row => $"{row.Row}{row.Column}"));
        Assert.Equal(("a\uFFFD", "1\"\n,\uFFFD", 2L, null), (rows[0].Observed, rows[0].Raw, rows[0].Line, rows[0].EventId));
        Assert.Equal((null, null, "e3"), (rows[1].Observed, rows[1].Raw, rows[5].EventId));
    }

    [Fact]
    public async Task Filters_by_code_and_column_narrow_the_page()
    {
        await FillAsync(7);
        Assert.Equal(6, (await AllAsync(new() { Limit = 4, Code = "NULL_VALUE" })).Count);
        Assert.Equal([1L, 4L, 7L], (await AllAsync(new() { Limit = 2, Code = "NULL_VALUE", Column = "c2" })).Select(row => row.Row));
        Assert.Empty(await AllAsync(new() { Column = "' OR 1=1 --" }));
        await Assert.ThrowsAsync<InvalidCursorException>(() => Rejected.PageAsync(_job, new() { Cursor = "1.x" }, ClickHouseScope.Soon));
    }

    [Fact]
    public async Task Summary_counts_by_column_and_code_most_first()
    {
        await FillAsync(7);
        var summary = await Rejected.SummaryAsync(_job, ClickHouseScope.Soon);
        Assert.Equal(
            [new("c0", "FLOAT", "NOT_A_FLOAT", 7, "a\uFFFD"), new("c1", "FLOAT", "NULL_VALUE", 3, null), new("c2", "FLOAT", "NULL_VALUE", 3, null)], summary);
    }

    [Fact]
    public async Task Raw_rows_come_back_byte_for_byte()
    {
        await FillAsync(20_000);
        var expected = 1L;
        await foreach (var row in Rejected.RawRowsAsync(_job, new RejectedFilter(), ClickHouseScope.Soon))
        {
            Assert.Equal((expected, expected + 1), (row.Row, row.Line));
            Assert.Equal((byte[])[.. Encoding.ASCII.GetBytes($"{expected}"), 0x22, 0x0A, 0x2C, 0xFF, 0xFE], row.Raw.ToArray());
            expected++;
        }
        Assert.Equal(20_001, expected);
    }

    [Fact]
    public async Task Long_raw_row_comes_back_whole()
    {
        await _scope.ExecuteAsync(
            $"INSERT INTO rejected_rows (tenant_id, job_id, row, line, raw) SELECT '{_job.TenantId}', '{_job.JobId}', 5, 6, repeat(repeat('x', 1000000), 3)");
        var rows = new List<RawRejectedRow>();
        await foreach (var row in Rejected.RawRowsAsync(_job, new RejectedFilter(), ClickHouseScope.Soon))
            rows.Add(row);
        Assert.Equal(3_000_000, Assert.Single(rows).Raw.Length);
    }

    [Fact]
    public async Task Export_is_one_wire_record_a_line()
    {
        await FillAsync(7);
        await using var stream = await Rejected.ExportNdjsonAsync(_job, ClickHouseScope.Soon);
        using var reader = new StreamReader(stream);
        var options = new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, RespectRequiredConstructorParameters = true };
        var rows = (await reader.ReadToEndAsync()).TrimEnd('\n').Split('\n').Select(line => JsonSerializer.Deserialize<RejectedRow>(line, options)!);
        Assert.Equal(await AllAsync(new() { Limit = 100 }), rows);
    }

    [Fact]
    public async Task Header_faults_are_kept_as_row_0_once_and_are_no_raw_rows()
    {
        RejectEntry[] faults =
        [
            new(0, 1, 0, null, "timestamp", "TIMESTAMP", "MISSING_COLUMN", null, "The required column 'timestamp' is missing."),
            new(0, 1, 1, null, "extra 'x' ä", "STRING", "EXTRA_COLUMN", "\"foo\"", "The column is not in the schema."),
        ];
        await Rejected.AddHeaderFaultsAsync(_job.Key, faults, ClickHouseScope.Soon);
        await Rejected.AddHeaderFaultsAsync(_job.Key, faults, ClickHouseScope.Soon);
        await Rejected.AddHeaderFaultsAsync(_job.Key, [], ClickHouseScope.Soon);
        var rows = await AllAsync(new() { Limit = 100 });
        Assert.Equal([(0L, "timestamp", null), (0L, "extra 'x' ä", "\"foo\"")], rows.Select(row => (row.Row, row.Column, row.Observed)));
        Assert.Null(rows[0].Raw);
        await foreach (var _ in Rejected.RawRowsAsync(_job, new RejectedFilter(), ClickHouseScope.Soon))
            Assert.Fail("A header is no row.");
    }

    [Fact]
    public async Task Users_query_of_the_guide_works_as_it_stands()
    {
        await FillAsync(1);
        Assert.Equal(3, (await _scope.ScalarAsync($"SELECT * FROM rejected_rows WHERE job_id='{_job.JobId}'")).Split("FLOAT").Length - 2);
    }
}
