using System.Net;
using System.Text.Json;
using Batch.Core.ClickHouse;
using Batch.Core.DeadLetters;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Writing;
using Batch.Core.Log;
using Batch.Csv.Schema;
using Batch.Csv.Validation.Rejects;
using Batch.Tests.EmbeddedClickHouse;
using Batch.Tests.Jobs;

namespace Batch.Tests.ClickHouse;

/// <summary>
/// A crash of ClickHouse can leave a token whose rows are nowhere. Here rows are deleted by a mutation, which leaves their token as well.
/// </summary>
[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class InsertOnceTests(ClickHouseProcess process) : IAsyncLifetime
{
    ClickHouseScope _scope = null!;

    public async Task InitializeAsync() => _scope = await ClickHouseScope.CreateAsync(process);
    public async Task DisposeAsync() => await _scope.DisposeAsync();

    [Fact]
    public async Task Rows_whose_token_is_used_up_go_in_under_the_next_one_however_often_it_happens()
    {
        await _scope.ExecuteAsync("CREATE TABLE t (n Int64) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 100");
        for (var crash = 0; crash < 3; crash++)
        {
            await InsertOnceAsync();
            Assert.Equal("1", await _scope.ScalarAsync("SELECT count() FROM t"));
            await ForgetRowsAsync("t");
        }
        await InsertOnceAsync();
        await InsertOnceAsync();
        Assert.Equal("1", await _scope.ScalarAsync("SELECT count() FROM t"));
    }

    [Fact]
    public async Task Many_who_insert_the_same_rows_at_once_insert_them_once()
    {
        await _scope.ExecuteAsync("CREATE TABLE t (n Int64) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 100");
        await InsertOnceAsync();
        await ForgetRowsAsync("t");
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => InsertOnceAsync()));
        Assert.Equal("1", await _scope.ScalarAsync("SELECT count() FROM t"));
    }

    [Fact]
    public async Task Rows_that_never_show_are_an_error_that_says_where_to_look()
    {
        await _scope.ExecuteAsync("CREATE TABLE t (n Int64) ENGINE = MergeTree ORDER BY n");
        var fault = await Assert.ThrowsAsync<ClickHouseException>(() => InsertOnceAsync("SELECT 0"));
        Assert.False(fault.IsTransient);
        Assert.Contains("row policy", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_labelled_job_a_stop_and_a_new_version_can_be_written_after_their_rows_were_lost()
    {
        var job = TestJobs.New(new(ClickHouseScope.Tenant, JobIds.OfLabel(ClickHouseScope.Tenant, "monday"))) with { Label = "monday" };
        await _scope.Writer.CreateAsync(job, ClickHouseScope.Soon);
        await ForgetRowsAsync("job_events");
        await _scope.Writer.CreateAsync(job, ClickHouseScope.Soon);
        await Assert.ThrowsAsync<JobExistsException>(() => _scope.Writer.CreateAsync(job, ClickHouseScope.Soon));

        await _scope.Writer.FailAsync(job.Key, "TEST", "first", ClickHouseScope.Soon);
        await ForgetRowsAsync("job_events", "event != 'created'");
        await _scope.Writer.FailAsync(job.Key, "TEST", "second", ClickHouseScope.Soon);
        Assert.Equal("second", (await _scope.Jobs.GetAsync(job.Key)).Failure);

        var schema = SchemaParser.Parse(JsonDocument.Parse("""{"n":"Int64"}""").RootElement, null, null);
        var model = await _scope.Models.CreateAsync(ClickHouseScope.Tenant, "m", "{}", schema, ClickHouseScope.Soon);
        await _scope.Models.UpdateAsync(model, "second", "{}", schema, ClickHouseScope.Soon);
        await ForgetRowsAsync("models", "version = 2");
        Assert.Equal("third", (await _scope.Models.UpdateAsync(model, "third", "{}", schema, ClickHouseScope.Soon)).Name);
        Assert.Equal((2, "third"),
            await _scope.Models.FindAsync(ClickHouseScope.Tenant, model.ModelId, ClickHouseScope.Soon) is { } found ? (found.Version, found.Name) : default);
    }

    [Fact]
    public async Task Dead_letters_and_the_faults_of_a_header_are_kept_once_also_after_they_were_lost()
    {
        var letters = new DeadLetterStore(_scope.Client);
        var record = new LogRecord(new("chunks", 3, 1234), [], new byte[] { 1, 2, 3 }, DateTimeOffset.UtcNow, owner: null);
        var key = TestJobs.NewKey();
        RejectEntry[] faults = [new(0, 1, 0, null, "amount", "Float64", "MISSING_COLUMN", null, "missing")];
        for (var round = 0; round < 2; round++)
        {
            for (var again = 0; again < 2; again++)
            {
                await letters.AddUnreadableAsync(record, "no header", ClickHouseScope.Soon);
                await _scope.Rejected.AddHeaderFaultsAsync(key, faults, ClickHouseScope.Soon);
            }
            Assert.Equal("1\tno header (record chunks:3:1234)", await _scope.ScalarAsync("SELECT count(), any(error) FROM dead_letters"));
            Assert.Equal("1", await _scope.ScalarAsync("SELECT count() FROM rejected_rows"));
            await ForgetRowsAsync("dead_letters");
            await ForgetRowsAsync("rejected_rows");
        }
    }

    Task InsertOnceAsync(string count = "SELECT count() FROM t") => _scope.Client.InsertOnceAsync(
        "t", "token", () => _scope.ScalarAsync(count), rows => rows != "0",
        token => _scope.Client.InsertJsonAsync("t", ["n"], "{\"n\":7}\n"u8.ToArray(), 1, token, ClickHouseScope.Soon), ClickHouseScope.Soon);

    async Task ForgetRowsAsync(string table, string which = "1")
    {
        var settings = new Dictionary<string, string> { ["mutations_sync"] = "2" };
        var answer = await process.PostAsync($"ALTER TABLE {_scope.Options.Database}.{table} DELETE WHERE {which}", [], settings);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
    }
}
