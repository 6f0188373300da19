using Batch.Client;
using Batch.Core.Jobs;
using Batch.Tests.ClickHouse;
using Batch.Tests.EmbeddedClickHouse;
using Xunit;

namespace Batch.Tests.Jobs;

[Collection(ClickHouseCollection.Name)]
public sealed class JobVerifyTests(ClickHouseProcess process) : IAsyncLifetime
{
    ClickHouseScope _scope = null!;
    JobKey _key;
    string _model = "";
    JobStore Jobs => _scope.Jobs;

    public async Task InitializeAsync()
    {
        _scope = await ClickHouseScope.CreateAsync(process);
        _model = BatchId.New();
        await _scope.ExecuteAsync($"CREATE TABLE data_{_model} (_job_id LowCardinality(String), _row UInt64) ENGINE = MergeTree ORDER BY _row");
        _key = await Jobs.CreateAsync(modelId: _model);
        await Jobs.UploadEndedAsync(_key, 10, 1, blankLines: 0, ClickHouseScope.Soon);
        await Jobs.ReceiptAsync(_key, 0, 10, 8, 2);
    }

    public async Task DisposeAsync() => await _scope.DisposeAsync();

    Task LoadAsync(int first, int count) =>
        _scope.ExecuteAsync($"INSERT INTO data_{_model} SELECT '{_key.JobId}', number + {first} FROM numbers({count})");

    Task RejectAsync(int first, int count) => _scope.ExecuteAsync(
        $"INSERT INTO rejected_rows (tenant_id, job_id, row, seq) SELECT '{_key.TenantId}', '{_key.JobId}', number + {first}, n FROM numbers({count}) ARRAY JOIN [0, 1] AS n");

    async Task<VerifyReport> VerifyAsync() => await Jobs.VerifyAsync(await Jobs.GetAsync(_key), ClickHouseScope.Soon);

    [Fact]
    public async Task Tables_that_agree_are_consistent()
    {
        await LoadAsync(1, 8);
        await RejectAsync(9, 2);
        var report = await VerifyAsync();
        Assert.Empty(report.Breaches);
        Assert.True(report.Consistent);
        Assert.Equal((8L, 8L, 2L), (report.RowsInTable, report.DistinctRowsInTable, report.RejectedRowsInTable));
    }

    [Theory]
    [InlineData(7, 0, 2, "8 rows were loaded, and 7 stand")]
    [InlineData(8, 1, 2, "1 rows stand in the table twice")]
    [InlineData(8, 0, 1, "2 rows were rejected, and 1 stand")]
    public async Task Rows_lost_or_doubled_are_found(int loaded, int doubled, int rejected, string breach)
    {
        await LoadAsync(1, loaded);
        await LoadAsync(1, doubled);
        await RejectAsync(9, rejected);
        var report = await VerifyAsync();
        Assert.False(report.Consistent);
        Assert.Contains(breach, Assert.Single(report.Breaches), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Table_that_is_gone_is_said_to_be()
    {
        await RejectAsync(9, 2);
        await _scope.ExecuteAsync($"DROP TABLE data_{_model}");
        Assert.Contains("is gone", Assert.Single((await VerifyAsync()).Breaches), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_of_a_chunk_that_are_there_are_told_from_those_that_nobody_touched()
    {
        Assert.Equal((0, 0), await Jobs.CountRowsAsync(_key, _model, 1, 10, ClickHouseScope.Soon));
        await LoadAsync(3, 1);
        await RejectAsync(25, 1);
        Assert.Equal((1, 0), await Jobs.CountRowsAsync(_key, _model, 1, 10, ClickHouseScope.Soon));
        Assert.Equal((0, 0), await Jobs.CountRowsAsync(_key, _model, 11, 20, ClickHouseScope.Soon));
        Assert.Equal((0, 1), await Jobs.CountRowsAsync(_key, _model, 21, 30, ClickHouseScope.Soon));
        Assert.Equal((0, 0), await Jobs.CountRowsAsync(_key, BatchId.New(), 31, 40, ClickHouseScope.Soon));
        Assert.Equal([3, 25], (await Jobs.RowNumbersAsync(_key, _model, 1, 30, ClickHouseScope.Soon)).Order());
    }
}
