using System.Globalization;
using Batch.Client;
using Batch.Core.ClickHouse;
using Batch.Core.Log;
using Batch.Tests.Api;
using Batch.Tests.EmbeddedClickHouse;
using Microsoft.Extensions.DependencyInjection;

namespace Batch.Tests.Worker;

/// <summary>Small uploads of which several share a record, and workers to take it.</summary>
public abstract class SharedRecordTest(ClickHouseProcess process) : IAsyncLifetime
{
    private protected ClickHouseProcess ClickHouse => process;

    private protected const int Jobs = 8;
    private protected ApiHost _api = null!;
    private protected Model _model = null!;
    private protected readonly List<JobStatus> _jobs = [];
    private protected LogRecord[] _records = [];

    /// <summary>Job n has n + 2 good rows, and one bad row where n is divisible by three; the last has two bad rows and no other.</summary>
    public async Task InitializeAsync()
    {
        // Each has a record of its own at first; what shares one is the test's to say.
        _api = await ApiHost.StartAsync(process, ("Uploads:SharedRecordBytes", "0"));
        _model = await _api.CreateModelAsync();
        for (var n = 0; n < Jobs; n++)
            _jobs.Add(await _api.UploadAsync(_model, "event_id,timestamp,amount\n" + (n == Jobs - 1 ? "x,y,z\n,," :
                string.Join('\n', Enumerable.Range(1, n + 2).Select(row => $"{row},1716045542,{n}.5").Concat(n % 3 == 0 ? ["bad,yesterday,abc"] : [])))));
        _records = [.. _api.Log.Records];
    }

    public async Task DisposeAsync() => await _api.DisposeAsync();

    private protected TestWorker NewWorker() =>
        new(new ClickHouseOptions { Url = process.Url, Database = _api.Services.GetRequiredService<ClickHouseClient>().Database });

    private protected static (int Good, int Bad) RowsOf(int n) => n == Jobs - 1 ? (0, 2) : (n + 2, n % 3 == 0 ? 1 : 0);

    private protected static JobState StateOf(int n) =>
        RowsOf(n) switch { (0, _) => JobState.Failed, (_, 0) => JobState.Success, _ => JobState.PartialSuccess };

    private protected async Task DieBeforeAsync(string table)
    {
        await using var worker = NewWorker();
        await worker.DieBeforeAsync(table, SharedRecord.Of(_records));
    }

    private protected async Task AssertWholeAsync(int n)
    {
        var job = await _api.UntilOverAsync(_jobs[n].JobId);
        var (good, bad) = RowsOf(n);
        Assert.Equal((StateOf(n), (long)good, (long)bad, 0L), (job.State, job.Success, job.Errors, job.Abandoned));
        await AssertConsistentAsync(job.JobId);
        // Its own rows, not so many of somebody else's.
        var amounts = await process.QueryAsync($"""
            SELECT arraySort(groupUniqArray(amount)), max(_row) FROM {_api.Services.GetRequiredService<ClickHouseClient>().Database}.data_{_model.ModelId}
            WHERE _job_id = '{job.JobId}'
            """);
        Assert.Equal(good == 0 ? "[]\t0\n" : string.Create(CultureInfo.InvariantCulture, $"[{n}.5]\t{good}\n"), amounts);
    }

    private protected async Task AssertAbandonedAsync(int n, JobState state, string? code)
    {
        var job = await _api.UntilOverAsync(_jobs[n].JobId);
        var (good, bad) = RowsOf(n);
        Assert.Equal((state, code, 0L, 0L, (long)(good + bad)), (job.State, job.FailureCode, job.Success, job.Errors, job.Abandoned));
        await AssertConsistentAsync(job.JobId);
    }

    private protected async Task AssertConsistentAsync(string jobId)
    {
        var report = await _api.Client.VerifyAsync(jobId, default);
        Assert.Empty(report.Breaches);
        Assert.True(report.Consistent);
    }
}
