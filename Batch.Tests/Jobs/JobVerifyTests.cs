using Batch.Client;
using Batch.Core.Ids;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Audit;
using Batch.Core.Jobs.Reading;
using Batch.Core.Jobs.Writing;
using Batch.Tests.ClickHouse;
using Batch.Tests.EmbeddedClickHouse;

namespace Batch.Tests.Jobs;

[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class JobVerifyTests(ClickHouseProcess process) : IAsyncLifetime
{
    ClickHouseScope _scope = null!;
    JobKey _key;
    string _model = "";
    JobReader Jobs => _scope.Jobs;
    JobWriter Writer => _scope.Writer;
    RowAudit Audit => _scope.Audit;

    public async Task InitializeAsync()
    {
        _scope = await ClickHouseScope.CreateAsync(process);
        _model = BatchId.New();
        await _scope.ExecuteAsync($"CREATE TABLE data_{_model} (_job_id LowCardinality(String), _row UInt64) ENGINE = MergeTree ORDER BY _row");
        _key = await Writer.CreateAsync(modelId: _model);
        await Writer.UploadEndedAsync(_key, 10, 1, ClickHouseScope.Soon);
        await Writer.ReceiptAsync(_key, 0, 10, 8, 2);
    }

    public async Task DisposeAsync() => await _scope.DisposeAsync();

    Task LoadAsync(int first, int count) =>
        _scope.ExecuteAsync($"INSERT INTO data_{_model} SELECT '{_key.JobId}', number + {first} FROM numbers({count})");

    Task RejectAsync(int first, int count) => _scope.ExecuteAsync(
        $"INSERT INTO rejected_rows (tenant_id, job_id, row, seq) SELECT '{_key.TenantId}', '{_key.JobId}', number + {first}, n FROM numbers({count}) ARRAY JOIN [0, 1] AS n");

    async Task<VerifyReport> VerifyAsync() => await Audit.VerifyAsync(await Jobs.GetAsync(_key), ClickHouseScope.Soon);

    [Fact]
    public async Task Tables_that_agree_are_consistent()
    {
        await LoadAsync(1, 8);
        await RejectAsync(9, 2);
        var report = await VerifyAsync();
        Assert.Empty(report.Breaches);
        Assert.True(report.Consistent);
        Assert.Equal((8L, 8L, 2L), (report.RowsInTable, report.DistinctRowsInTable, report.RejectedRowsInTable));
        Assert.Equal((true, null, null), (report.Final, report.NotFinal, report.Lineage));
    }

    [Theory]
    [InlineData(7, 0, 2, "8 rows were loaded, but 7 are in the table. 1 rows are neither loaded nor rejected: row 8.")]
    [InlineData(4, 0, 2, "8 rows were loaded, but 4 are in the table. 4 rows are neither loaded nor rejected: rows 5, 6, 7.")]
    [InlineData(8, 1, 2, "1 rows are in the table twice: row 1.")]
    [InlineData(8, 5, 2, "5 rows are in the table twice: rows 1, 2, 3.")]
    [InlineData(8, 0, 1, "2 rows were rejected, but 1 are in rejected_rows. 1 rows are neither loaded nor rejected: row 10.")]
    public async Task Rows_lost_or_doubled_are_found(int loaded, int doubled, int rejected, string breach)
    {
        await LoadAsync(1, loaded);
        await LoadAsync(1, doubled);
        await RejectAsync(9, rejected);
        var report = await VerifyAsync();
        Assert.False(report.Consistent);
        Assert.Equal(breach, string.Join(" ", report.Breaches));
    }

    [Fact]
    public async Task A_dropped_table_is_reported()
    {
        await RejectAsync(9, 2);
        await _scope.ExecuteAsync($"DROP TABLE data_{_model}");
        Assert.Contains("is gone", Assert.Single((await VerifyAsync()).Breaches), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(50_000_000)]
    public async Task Rows_that_agree_in_number_but_are_not_the_files_are_found_whatever_the_slices(long sliceRows)
    {
        var audit = new RowAudit(_scope.Client, Jobs) { SliceRows = sliceRows };
        async Task<VerifyReport> VerifyAsync() => await audit.VerifyAsync(await Jobs.GetAsync(_key), ClickHouseScope.Soon);
        await LoadAsync(1, 7);
        await RejectAsync(9, 2);

        await LoadAsync(9, 1);
        Assert.Equal(["1 rows are both loaded and rejected: row 9.", "1 rows are neither loaded nor rejected: row 8."], (await VerifyAsync()).Breaches);
        await _scope.ExecuteAsync($"DELETE FROM data_{_model} WHERE _row = 9");
        await LoadAsync(4711, 1);
        Assert.Equal(
            ["1 rows have numbers that the file does not have: it ends with row 10.", "1 rows are neither loaded nor rejected: row 8."],
            (await VerifyAsync()).Breaches);
        await _scope.ExecuteAsync($"DELETE FROM data_{_model} WHERE _row = 4711");
        await LoadAsync(8, 1);
        Assert.Empty((await VerifyAsync()).Breaches);
    }

    [Fact]
    public async Task Of_a_job_that_is_not_over_nothing_is_proven()
    {
        var key = await Writer.CreateAsync(modelId: _model);
        await Writer.UploadProgressAsync(key, 30, 3, ClickHouseScope.Soon);
        await Writer.ReceiptAsync(key, 0, 10, 10, 0);
        await _scope.ExecuteAsync($"INSERT INTO data_{_model} SELECT '{key.JobId}', number + 1 FROM numbers(20)");

        var report = await Audit.VerifyAsync(await Jobs.GetAsync(key), ClickHouseScope.Soon);

        Assert.Equal((false, true), (report.Final, report.Consistent));
        Assert.Equal("The job is not over yet: 10 of 30 rows so far are loaded or rejected. Verify it again when it is.", report.NotFinal);

        // Cancelled, with a chunk still in a worker's hands.
        await Writer.UploadEndedAsync(key, 30, 3, ClickHouseScope.Soon);
        Assert.True(await Writer.CancelAsync(await Jobs.GetAsync(key), ClickHouseScope.Soon));
        report = await Audit.VerifyAsync(await Jobs.GetAsync(key), ClickHouseScope.Soon);
        Assert.Equal((false, true), (report.Final, report.Consistent));
        Assert.StartsWith("The job is over, but some of its chunks may still be in progress.", report.NotFinal, StringComparison.Ordinal);

        // Abandoned rows are the complement: what is in the tables must be what the figures say, and no more.
        await Writer.ReceiptAsync(key, 1, 10, 10, 0);
        await Writer.ReceiptAsync(key, 2, 10, 0, 0);
        report = await Audit.VerifyAsync(await Jobs.GetAsync(key), ClickHouseScope.Soon);
        Assert.Equal((true, true, 10L), (report.Final, report.Consistent, report.Abandoned));
        await _scope.ExecuteAsync($"INSERT INTO data_{_model} VALUES ('{key.JobId}', 21)");
        report = await Audit.VerifyAsync(await Jobs.GetAsync(key), ClickHouseScope.Soon);
        Assert.Equal("20 rows were loaded, but 21 are in the table.", Assert.Single(report.Breaches));
    }

    [Fact]
    public async Task The_file_is_followed_over_its_repairs()
    {
        await LoadAsync(1, 8);
        await RejectAsync(9, 2);
        var source = _key;
        async Task<JobKey> RepairAsync(bool again, params int[] rows)
        {
            var key = TestJobs.NewKey();
            await Writer.CreateAsync(TestJobs.New(key, _model) with { SourceJobId = source.JobId, AlreadyRepaired = 0, Again = again }, ClickHouseScope.Soon);
            foreach (var row in rows)
                await _scope.ExecuteAsync($"INSERT INTO data_{_model} VALUES ('{key.JobId}', {row})");
            await Writer.UploadEndedAsync(key, rows.Length, 1, ClickHouseScope.Soon);
            await Writer.ReceiptAsync(key, 0, rows.Length, rows.Length, 0);
            return key;
        }

        var first = await RepairAsync(again: false, 9);
        var report = await VerifyAsync();
        Assert.Empty(report.Breaches);
        Assert.Equal((source.JobId, 10L, 9L, 1L, 0L, 0L), (report.Lineage!.RootJobId, report.Lineage.Total, report.Lineage.Loaded, report.Lineage.NotLoaded,
            report.Lineage.LoadedTwice, report.Lineage.LoadedAgain));
        Assert.Equal([first.JobId], report.Lineage.RepairJobIds);

        await RepairAsync(again: true, 9, 10);
        report = await VerifyAsync();
        Assert.Empty(report.Breaches);
        Assert.Equal((10L, 0L, 0L, 1L), (report.Lineage!.Loaded, report.Lineage.NotLoaded, report.Lineage.LoadedTwice, report.Lineage.LoadedAgain));

        await RepairAsync(again: false, 9);
        var breach = $"1 rows of the file of job {source.JobId} are in the table twice, across it and its repairs: row 9.";
        Assert.Equal(breach, Assert.Single((await VerifyAsync()).Breaches));

        var stranger = await RepairAsync(again: false, 3);
        report = await Audit.VerifyAsync(await Jobs.GetAsync(stranger), ClickHouseScope.Soon);
        Assert.Contains($"1 rows were not rejected by the job it repairs, {source.JobId}.", report.Breaches);
        Assert.Contains("are in the table twice, across it and its repairs: rows 3, 9.", report.Breaches[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_of_a_chunk_that_are_there_are_told_from_those_that_nobody_touched()
    {
        Assert.Equal((0, 0), await Audit.CountRowsAsync(_key, _model, 1, 10, ClickHouseScope.Soon));
        await LoadAsync(3, 1);
        await RejectAsync(25, 1);
        Assert.Equal((1, 0), await Audit.CountRowsAsync(_key, _model, 1, 10, ClickHouseScope.Soon));
        Assert.Equal((0, 0), await Audit.CountRowsAsync(_key, _model, 11, 20, ClickHouseScope.Soon));
        Assert.Equal((0, 1), await Audit.CountRowsAsync(_key, _model, 21, 30, ClickHouseScope.Soon));
        Assert.Equal((0, 0), await Audit.CountRowsAsync(_key, BatchId.New(), 31, 40, ClickHouseScope.Soon));
        Assert.Equal([3, 25], (await Audit.RowNumbersAsync(_key, _model, 1, 30, ClickHouseScope.Soon)).Order());
    }

    [Fact]
    public async Task Rows_of_many_chunks_are_counted_chunk_by_chunk()
    {
        var other = new JobKey(_key.TenantId, BatchId.New());
        await LoadAsync(3, 4);
        await _scope.ExecuteAsync($"INSERT INTO data_{_model} SELECT '{other.JobId}', number + 1 FROM numbers(3) ARRAY JOIN [0, 1] AS twice");
        await RejectAsync(7, 2);
        RowRange[] chunks = [new(_key, 1, 4), new(other, 2, 9), new(_key, 5, 10), new(new(_key.TenantId, BatchId.New()), 1, 10), new(_key, 1, 4)];
        Assert.Equal([(2, 0), (2, 0), (2, 2), (0, 0), (2, 0)], await Audit.CountRowsAsync(_model, chunks, ClickHouseScope.Soon));
        Assert.Equal([(0, 0), (0, 0), (0, 2), (0, 0), (0, 0)], await Audit.CountRowsAsync(BatchId.New(), chunks, ClickHouseScope.Soon));
        Assert.Empty(await Audit.CountRowsAsync(_model, [], ClickHouseScope.Soon));
    }
}
