using System.Diagnostics;
using Batch.Client;
using Batch.Core.Ids;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Reading;
using Batch.Core.Jobs.Writing;
using Batch.Tests.ClickHouse;
using Batch.Tests.EmbeddedClickHouse;

namespace Batch.Tests.Jobs;

[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class JobListTests(ClickHouseProcess process) : IAsyncLifetime
{
    const string Tenant = ClickHouseScope.Tenant;
    ClickHouseScope _scope = null!;
    JobReader Jobs => _scope.Jobs;
    JobWriter Writer => _scope.Writer;

    public async Task InitializeAsync() => _scope = await ClickHouseScope.CreateAsync(process);
    public async Task DisposeAsync() => await _scope.DisposeAsync();

    async Task<List<Job>> AllAsync(JobFilter filter)
    {
        var jobs = new List<Job>();
        for (string? cursor = null; ;)
        {
            var page = await Jobs.ListAsync(Tenant, filter with { Cursor = cursor }, ClickHouseScope.Soon);
            Assert.InRange(page.Jobs.Count, 0, filter.Limit);
            jobs.AddRange(page.Jobs);
            if (page.Next is null)
                return jobs;
            Assert.Equal(filter.Limit, page.Jobs.Count);
            cursor = page.Next;
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(100)]
    public async Task Pages_give_every_job_once_newest_first(int limit)
    {
        var keys = new List<JobKey>();
        for (var n = 0; n < 7; n++)
        {
            keys.Add(await Writer.CreateAsync());
            await Task.Delay(2);
        }
        await Writer.CreateAsync(TestJobs.New(TestJobs.NewKey("tenant_b")), ClickHouseScope.Soon);
        // Made in the same millisecond, as far as the table knows.
        await _scope.ExecuteAsync(
            $"INSERT INTO job_events (tenant_id, job_id, event, at, model_id, facts) SELECT '{Tenant}', 'ffffffffffffffffffffffffffffff0' || toString(number), 'created', '2000-01-01 00:00:00', 'm', '{{}}' FROM numbers(3)");
        var jobs = await AllAsync(new() { Limit = limit });
        Assert.Equal(
            [.. keys.AsEnumerable().Reverse().Select(key => key.JobId[..4]), "ffff", "ffff", "ffff"], jobs.Select(job => job.JobId[..4]));
        Assert.Equal(10, jobs.DistinctBy(job => job.JobId).Count());
    }

    /// <summary>A job that is one chunk may be told of by the worker, by its API, or by both, which are never of the same millisecond.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(100)]
    public async Task Single_chunk_jobs_are_listed_once_whether_the_API_or_a_worker_recorded_them(int limit)
    {
        var expected = new List<string>();
        for (var n = 0; n < 9; n++)
        {
            var job = TestJobs.New(TestJobs.NewKey());
            var begunAt = Stopwatch.GetTimestamp();
            if (n % 3 != 0)
                await Writer.LoadedAsync(job, 10, 9, 1);
            if (n % 3 != 1)
                await Writer.AcceptSingleChunkAsync(job, 10, begunAt, ClickHouseScope.Soon);
            expected.Insert(0, job.Key.JobId);
            await Task.Delay(100);
        }
        // Told of by both: an API that did not see in time that the worker had.
        foreach (var id in expected)
            await _scope.ExecuteAsync(
                $"INSERT INTO job_events (tenant_id, job_id, event, ago_ms, model_id, facts) SELECT tenant_id, job_id, 'created', toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(at) + 7, model_id, facts FROM job_events WHERE job_id = '{id}' AND event = 'chunk'");
        Assert.Equal(expected, (await AllAsync(new() { Limit = limit })).Select(job => job.JobId));
    }

    [Fact]
    public async Task Filters_by_state_and_model_find_settled_and_open_jobs_alike()
    {
        var model = BatchId.New();
        var expected = new Dictionary<JobState, List<string>>();
        for (var n = 0; n < 3; n++)
        {
            async Task Add(JobState state, Func<JobKey, Task> make)
            {
                var key = await Writer.CreateAsync(modelId: model);
                await make(key);
                if (n == 1 && (await Jobs.GetAsync(key)) is { IsOver: true } job)
                    await Writer.SettleAsync(job, ClickHouseScope.Soon);
                expected.TryAdd(state, []);
                expected[state].Insert(0, key.JobId);
            }
            async Task End(JobKey key, long success, long errors)
            {
                await Writer.UploadEndedAsync(key, 10, 1, ClickHouseScope.Soon);
                await Writer.ReceiptAsync(key, 0, 10, success, errors);
            }
            await Add(JobState.Pending, _ => Task.CompletedTask);
            await Add(JobState.Running, key => Writer.ReceiptAsync(key, 0, 10, 10, 0));
            await Add(JobState.Success, key => End(key, 10, 0));
            await Add(JobState.PartialSuccess, key => End(key, 7, 3));
            await Add(JobState.Failed, key => End(key, 0, 10));
            await Add(JobState.Cancelled, async key => Assert.True(await Writer.CancelAsync(await Jobs.GetAsync(key), ClickHouseScope.Soon)));
        }
        await Writer.CreateAsync();
        foreach (var (state, ids) in expected)
            Assert.Equal(ids, (await AllAsync(new() { State = state, ModelId = model, Limit = 2 })).Select(job => job.JobId));
        Assert.Equal(18, (await AllAsync(new() { ModelId = model, Limit = 5 })).Count);
        Assert.Equal(4, (await AllAsync(new() { State = JobState.Pending, Limit = 5 })).Count);
    }

    [Fact]
    public async Task Settled_job_is_listed_with_the_figures_of_its_receipts()
    {
        var key = await Writer.CreateAsync();
        await Writer.UploadEndedAsync(key, 10, 1, ClickHouseScope.Soon);
        await Writer.ReceiptAsync(key, 0, 10, 7, 3);
        var before = await Jobs.GetAsync(key);
        await Writer.SettleAsync(before, ClickHouseScope.Soon);
        var now = DateTimeOffset.UtcNow;
        Assert.Equal(before.ToStatus(now), (await Jobs.ListAsync(Tenant, new(), ClickHouseScope.Soon)).Jobs[0].ToStatus(now));
        Assert.Equal(before.ToStatus(now), (await Jobs.GetAsync(key)).ToStatus(now));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("1.")]
    [InlineData(".abcd")]
    [InlineData("-1.abcd")]
    [InlineData("1.x' OR 1=1")]
    public async Task Cursor_of_somebodys_making_is_refused(string cursor) =>
        await Assert.ThrowsAsync<InvalidCursorException>(() => Jobs.ListAsync(Tenant, new() { Cursor = cursor }, ClickHouseScope.Soon));
}
