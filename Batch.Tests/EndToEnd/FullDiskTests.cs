using System.Collections.Concurrent;
using System.Net;
using Batch.Client;

namespace Batch.Tests.EndToEnd;

/// <summary>One small disk under log and ClickHouse that fills at any moment of a mixed load.</summary>
[Collection("end to end")]
[Trait("Tier", "system")]
public sealed class FullDiskTests
{
    const int BadEvery = 10;

    /// <param name="Rows">Of the file, every tenth of them bad.</param>
    sealed record Sent(string JobId, int Rows);

    [SkippableFact]
    public async Task A_disk_that_fills_under_everything_costs_time_and_nothing_else()
    {
        using var disk = new SmallDisk(megabytes: 512);
        await using var system = new SystemProcesses(disk.DataFolder);
        await system.StartAsync(workers: 2);
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        var sent = new ConcurrentBag<Sent>();
        var refused = new ConcurrentDictionary<string, int>();
        using var stop = new CancellationTokenSource();
        var api = system.Api;
        Task Load(int rows) => UploadAsync(api, model, rows, sent, refused, stop.Token);
        var work = new[] { Load(40), Load(700), Load(60_000), CreateModelsAsync(api, refused, stop.Token) };

        var random = new Random(TestSettings.Number("BATCH_DISK_SEED", 1));
        for (var moment = TestSettings.Number("BATCH_DISK_MOMENTS", 6); moment > 0; moment--)
        {
            await Task.Delay(random.Next(200, 2_500));
            disk.Fill(butBytes: random.Next(3) == 0 ? 40 << 20 : 0);
            await Task.Delay(random.Next(500, 5_000));
            disk.GiveBack();
        }
        await stop.CancelAsync();
        await Task.WhenAll(work);

        await AssertAllThereAsync(system, sent);
        Assert.Empty((await api.ListDeadLettersAsync(new DeadLetterQuery(), default)).DeadLetters);
        Assert.NotEmpty(sent);
        var allowed = new[] { "LOG_FULL", "CLICKHOUSE_FULL", "LOG_UNAVAILABLE", "CLICKHOUSE_UNAVAILABLE" };
        Assert.All(refused.Keys, code => Assert.Contains(code, allowed));

        system.Kill9();
        await system.StartAsync(workers: 2);
        await AssertAllThereAsync(system, sent);
    }

    static async Task UploadAsync(
        BatchClient api, Model model, int rows, ConcurrentBag<Sent> sent, ConcurrentDictionary<string, int> refused, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var request = new CreateJobRequest { ModelId = model.ModelId };
                sent.Add(new((await api.CreateJobAsync(request, CsvText.Rows(rows, BadEvery), CancellationToken.None)).JobId, rows));
            }
            catch (BatchApiException exception)
            {
                Assert.True(
                    exception.StatusCode is HttpStatusCode.InsufficientStorage or HttpStatusCode.ServiceUnavailable, $"{exception.Code}: {exception.Message}");
                refused.AddOrUpdate(exception.Code, 1, (_, n) => n + 1);
            }
            await Task.Delay(200, CancellationToken.None);
        }
    }

    static async Task CreateModelsAsync(BatchClient api, ConcurrentDictionary<string, int> refused, CancellationToken stop)
    {
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            try
            {
                await api.CreateModelAsync(CsvText.Purchases($"purchases_{n}"), CancellationToken.None);
            }
            catch (BatchApiException exception)
            {
                refused.AddOrUpdate(exception.Code, 1, (_, count) => count + 1);
            }
            await Task.Delay(500, CancellationToken.None);
        }
    }

    /// <summary>Every acknowledged upload is a job that is over, with each row loaded once or rejected.</summary>
    static async Task AssertAllThereAsync(SystemProcesses system, IEnumerable<Sent> sent)
    {
        foreach (var one in sent)
        {
            var job = await system.Api.WaitUntilOverAsync(one.JobId, TimeSpan.FromMinutes(3));
            Assert.True(job.State == JobState.PartialSuccess, $"{job.JobId}: {job.State} {job.Failure}\n{system.Output}");
            Assert.Equal((one.Rows, one.Rows / BadEvery, 0), (job.Total, job.Errors, job.Abandoned));
            await system.ConservedAsync(job);
        }
    }
}
