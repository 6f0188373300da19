using Batch.Client;
using Batch.Core.ClickHouse;
using Batch.Core.Log;
using Batch.Tests.Api;
using Batch.Tests.EmbeddedClickHouse;
using Microsoft.Extensions.DependencyInjection;

namespace Batch.Tests.Worker;

/// <summary>
/// ClickHouse keeps deduplication tokens in a file beside the parts. Killed between the one and the other it has a token without its rows, or
/// rows without their token: here the files are made to look so while it is down.
/// </summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class TornInsertTests : IAsyncLifetime
{
    const int Jobs = 3;
    ClickHouseProcess _clickHouse = null!;
    ApiHost _api = null!;
    Model _model = null!;
    readonly List<JobStatus> _jobs = [];

    public async Task InitializeAsync()
    {
        _clickHouse = await ClickHouseProcess.StartAsync();
        // Of jobs made as soon as it is up a worker would not know that they came after its start, and would look from the beginning.
        await Task.Delay(2500);
        _api = await ApiHost.StartAsync(_clickHouse, ("Uploads:SharedRecordBytes", "0"));
        _model = await _api.CreateModelAsync();
        for (var n = 0; n < Jobs; n++)
            _jobs.Add(await _api.UploadAsync(_model, "event_id,timestamp,amount\n1,1716045542,1.5\n2,1716045543,2.5\nbad,yesterday,abc"));
    }

    public async Task DisposeAsync()
    {
        await _api.DisposeAsync();
        await _clickHouse.StopAsync();
        _clickHouse.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_token_whose_rows_a_crash_of_ClickHouse_took_with_it_does_not_stand_in_their_way(bool shared)
    {
        await DieBeforeReceiptsAsync(shared);
        await CrashAsync(table => RemoveAll(Directory.GetDirectories(table, "all_*")));
        await ProcessAsync(shared);
        await AssertWholeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Rows_whose_token_a_crash_of_ClickHouse_took_with_it_are_not_inserted_again(bool shared)
    {
        await DieBeforeReceiptsAsync(shared);
        await CrashAsync(table => RemoveAll(Directory.GetDirectories(table, "deduplication_logs")));
        await ProcessAsync(shared);
        await AssertWholeAsync();
    }

    /// <summary>It began before the crash, and believes what it was told then.</summary>
    [Fact]
    public async Task A_worker_that_slept_through_the_crash_looks_again_before_it_says_that_rows_are_there()
    {
        await DieBeforeReceiptsAsync(shared: false);
        await using var sleeper = NewWorker();
        var held = sleeper.Inserts.HoldAsync("data_");
        var work = sleeper.ProcessAsync(_api.Log.Records.First());
        await held.WaitAsync(TimeSpan.FromSeconds(60));
        await CrashAsync(table => RemoveAll(Directory.GetDirectories(table, "all_*")));
        sleeper.Inserts.Release();
        await work;
        foreach (var record in _api.Log.Records.Skip(1))
            await sleeper.ProcessAsync(record);
        await AssertWholeAsync();
    }

    IEnumerable<LogRecord> Records(bool shared) => shared ? [SharedRecord.Of([.. _api.Log.Records])] : _api.Log.Records;

    async Task ProcessAsync(bool shared)
    {
        await using var worker = NewWorker();
        foreach (var record in Records(shared))
            await worker.ProcessAsync(record);
    }

    async Task DieBeforeReceiptsAsync(bool shared)
    {
        await Task.WhenAll(Records(shared).Select(DieBeforeReceiptAsync));
        Assert.Equal($"{2 * Jobs}\n", await CountAsync($"data_{_model.ModelId}"));
        Assert.NotEqual("0\n", await CountAsync("rejected_rows"));
    }

    async Task DieBeforeReceiptAsync(LogRecord record)
    {
        await using var worker = NewWorker();
        await worker.DieBeforeAsync(TestWorker.HeldInserts.Receipts, record);
    }

    /// <param name="tear">What the crash does to the folder of a table.</param>
    async Task CrashAsync(Action<string> tear)
    {
        var folders = (await _clickHouse.QueryAsync(
            $"SELECT data_paths[1] FROM system.tables WHERE database = '{Database}' AND (name = 'data_{_model.ModelId}' OR name = 'rejected_rows')"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, folders.Length);
        _clickHouse.Kill9();
        foreach (var folder in folders)
            tear(folder);
        await _clickHouse.RestartAsync();
    }

    static void RemoveAll(string[] folders)
    {
        Assert.NotEmpty(folders);
        foreach (var folder in folders)
            Directory.Delete(folder, recursive: true);
    }

    async Task AssertWholeAsync()
    {
        Assert.Equal($"{2 * Jobs}\n", await CountAsync($"data_{_model.ModelId}"));
        foreach (var created in _jobs)
        {
            var job = await _api.UntilOverAsync(created.JobId);
            Assert.Equal((JobState.PartialSuccess, 2L, 1L, 0L), (job.State, job.Success, job.Errors, job.Abandoned));
            Assert.Empty((await _api.Client.VerifyAsync(job.JobId, default)).Breaches);
        }
        Assert.Equal("0\n", await _clickHouse.QueryAsync(
            $"SELECT count() - uniqExact(job_id, row, seq) FROM {Database}.rejected_rows"));
    }

    Task<string> CountAsync(string table) => _clickHouse.QueryAsync($"SELECT count() FROM {Database}.{table}");

    string Database => _api.Services.GetRequiredService<ClickHouseClient>().Database;

    TestWorker NewWorker() => new(new ClickHouseOptions { Url = _clickHouse.Url, Database = Database });
}
