using System.Globalization;
using Batch.Client;
using Batch.Core.Faults;

namespace Batch.Tests.EndToEnd;

/// <summary>Many small uploads into one model share records of the log; a worker that dies with one in hand costs none of their jobs a row.</summary>
[Collection("end to end")]
[Trait("Tier", "system")]
public sealed class SharedRecordCrashTests
{
    const int Jobs = 40, Clients = 4;
    const int Cancelled = 7, OverBudget = 11, AllBad = 13;

    /// <remarks>The fifth chunk: the first go alone, before there is anybody to share with.</remarks>
    [Theory]
    [InlineData(FaultPoint.ChunkValidated)]
    [InlineData(FaultPoint.DataInserted)]
    [InlineData(FaultPoint.RejectsInserted)]
    [InlineData(FaultPoint.ReceiptInserted)]
    public async Task A_worker_killed_there_with_a_shared_record_in_hand_neither_loses_nor_doubles_a_row_of_any_job(string point)
    {
        // The uploads are whole before a worker starts, so that only the worker's death is looked at.
        await using var system = await SystemProcesses.StartNewAsync(workers: 0);
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        var created = await UploadAsync(system, model);
        Assert.All(created, job => Assert.Equal(JobState.Pending, job.State));
        var records = await RecordsAsync(system);
        Assert.True(records < Jobs, $"{Jobs} uploads have {records} records: none was shared.");
        await system.Api.CancelJobAsync(created[Cancelled].JobId, default);
        system.Kill9();

        await system.StartAsync(workers: 1, fault: point + "@5=kill");
        await system.WaitForExitAsync();
        await system.StartAsync(workers: 1);

        for (var n = 0; n < Jobs; n++)
        {
            var job = await system.Api.WaitUntilOverAsync(created[n].JobId);
            // What was cancelled is over at once; its chunk is given up in its turn.
            for (var wait = 0; wait < 100 && job.Success + job.Errors + job.Abandoned < job.Total; wait++)
            {
                await Task.Delay(100);
                job = await system.Api.GetJobAsync(job.JobId, default);
            }
            Assert.Equal(Expected(n), (job.State, job.FailureCode, job.Success, job.Errors, job.Abandoned));
            await system.ConservedAsync(job);
            Assert.Empty((await system.Api.VerifyAsync(job.JobId, default)).Breaches);
        }
        Assert.Equal(
            $"{Enumerable.Range(0, Jobs).Sum(n => Expected(n).Success)}", await system.QueryAsync($"SELECT count() FROM data_{model.ModelId}"));
        Assert.Equal(
            $"{Enumerable.Range(0, Jobs).Sum(n => Expected(n).Errors)}", await system.QueryAsync("SELECT count() FROM rejected_rows"));
        Assert.Empty((await system.Api.ListDeadLettersAsync(new DeadLetterQuery(), default)).DeadLetters);
    }

    static (int Rows, int BadEvery) FileOf(int n) => n == AllBad ? (5, 1) : n == OverBudget ? (30, 10) : (10 + n, n % 4 == 0 ? 7 : 0);

    static (JobState State, string? Code, long Success, long Errors, long Abandoned) Expected(int n)
    {
        var (rows, badEvery) = FileOf(n);
        var bad = badEvery == 0 ? 0 : rows / badEvery;
        return n switch
        {
            Cancelled => (JobState.Cancelled, null, 0, 0, rows),
            OverBudget => (JobState.Failed, "ERROR_BUDGET_EXCEEDED", rows - bad, bad, 0),
            AllBad => (JobState.Failed, "NO_GOOD_ROWS", 0, bad, 0),
            _ => (bad > 0 ? JobState.PartialSuccess : JobState.Success, null, rows - bad, bad, 0),
        };
    }

    static async Task<JobStatus[]> UploadAsync(SystemProcesses system, Model model)
    {
        var clients = Enumerable.Range(0, Clients).Select(_ => new BatchClient(new BatchClientOptions { Address = system.ApiAddress })).ToArray();
        try
        {
            return await Task.WhenAll(Enumerable.Range(0, Jobs).Select(n => Task.Run(() =>
            {
                var (rows, badEvery) = FileOf(n);
                return clients[n % Clients].CreateJobAsync(
                    new CreateJobRequest { ModelId = model.ModelId, MaxErrors = n == OverBudget ? 2 : null }, CsvText.Rows(rows, badEvery), default);
            })));
        }
        finally
        {
            foreach (var client in clients)
                client.Dispose();
        }
    }

    /// <summary>Records that the log has taken.</summary>
    static async Task<long> RecordsAsync(SystemProcesses system)
    {
        const string appends = "batch_log_append_duration_seconds_count";
        var page = await system.Http.GetStringAsync(new Uri(system.ApiAddress, "/metrics"));
        var figures = page.Split('\n').Where(line => line.StartsWith(appends, StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(figures);
        return figures.Sum(line => (long)double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
    }
}
