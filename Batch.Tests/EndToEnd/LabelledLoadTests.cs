using System.Net.Sockets;
using System.Text;
using Batch.Client;
using Batch.Core.Faults;
using Batch.Tests.Cli;

namespace Batch.Tests.EndToEnd;

/// <summary>A labelled load breaks off, whoever it was that died, and is sent again: one job, every row once.</summary>
[Collection("end to end")]
[Trait("Tier", "system")]
public sealed class LabelledLoadTests
{
    const int Rows = 1_200_000;
    const string Label = "nightly";

    static CreateJobRequest Request(Model model) => new() { ModelId = model.ModelId, Label = Label };

    static async Task<JobStatus> LoadedOnceAsync(SystemProcesses system, Model model, JobStatus sent)
    {
        var job = await system.Api.WaitUntilOverAsync(sent.JobId);
        Assert.Equal((JobState.Success, (long)Rows, (long)Rows), (job.State, job.Total, job.Success));
        await system.ConservedAsync(job);
        Assert.Equal($"{Rows}\t{Rows}", await system.QueryAsync($"SELECT count(), uniqExact(event_id) FROM data_{model.ModelId} FORMAT TSV"));
        Assert.Empty((await system.Api.VerifyAsync(job.JobId, default)).Breaches);
        return job;
    }

    [Fact]
    public async Task A_load_whose_connection_is_lost_with_rows_loaded_ends_with_every_row_once()
    {
        await using var system = await SystemProcesses.StartNewAsync(workers: 1);
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        var file = new MemoryStream();
        await CsvText.Rows(Rows).CopyToAsync(file);
        using (var connection = new TcpClient())
        {
            await connection.ConnectAsync(system.ApiAddress.Host, system.ApiAddress.Port);
            var stream = connection.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                $"POST /jobs?model_id={model.ModelId}&label={Label} HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: {file.Length}\r\n\r\n"));
            await stream.WriteAsync(file.GetBuffer().AsMemory(0, (int)(file.Length * 6 / 10)));
            for (var until = DateTime.UtcNow.AddSeconds(30); await system.CountAsync($"SELECT count() FROM data_{model.ModelId}") == 0; await Task.Delay(50))
                Assert.True(DateTime.UtcNow < until, "Nothing has been loaded.");
        }
        file.Position = 0;
        var again = await system.Api.CreateJobAsync(Request(model), file, default);
        Assert.Equal(1, (await LoadedOnceAsync(system, model, again)).Attempt);

        // Sent a third time it is the same load, and another file is none of it.
        file.Position = 0;
        Assert.True((await system.Api.CreateJobAsync(Request(model), file, default)).WasThere);
        var refusal = await Assert.ThrowsAsync<BatchApiException>(() => system.Api.CreateJobAsync(Request(model), CsvText.Rows(Rows - 1), default));
        Assert.Equal("LABEL_CONTENT_DIFFERS", refusal.Code);
    }

    /// <summary>Once where a row had been loaded by then, and once where none can have been.</summary>
    [Theory]
    [InlineData(FaultPoint.ChunkAppended + "#2")]
    [InlineData(FaultPoint.JobCreated)]
    [InlineData(FaultPoint.UploadAppended)]
    public async Task A_load_whose_API_is_killed_is_sent_again_at_once_and_ends_with_every_row_once(string point)
    {
        await using var system = await SystemProcesses.StartNewAsync(workers: 1, fault: point + "=kill");
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        await Assert.ThrowsAsync<BatchUnreachableException>(() => system.Api.CreateJobAsync(Request(model), CsvText.Rows(Rows), default));
        await system.WaitForExitAsync();
        await system.StartAsync(workers: 1);

        var again = await system.Api.CreateJobAsync(Request(model), CsvText.Rows(Rows), default);

        Assert.False(again.WasThere);
        await LoadedOnceAsync(system, model, again);
    }

    [Theory]
    [InlineData(FaultPoint.DataInserted)]
    [InlineData(FaultPoint.ReceiptInserted)]
    public async Task A_worker_killed_while_a_load_is_resumed_neither_loses_nor_doubles_a_row(string point)
    {
        await using var system = await SystemProcesses.StartNewAsync(workers: 0);
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        var first = await system.Api.CreateJobAsync(Request(model), CsvText.Rows(Rows), default);
        system.Kill9();
        // Some chunks are loaded, then the job is cancelled and the rest is given up.
        await system.StartAsync(workers: 1, fault: FaultPoint.OffsetCommitted + "@2=kill");
        await system.WaitForExitAsync();
        await system.StartAsync(workers: 0);
        await system.Api.CancelJobAsync(first.JobId, default);
        system.Kill9();
        await system.StartAsync(workers: 1);
        var cancelled = await system.Api.WaitUntilOverAsync(first.JobId);
        Assert.InRange(cancelled.Success, 1, Rows - 1);
        var again = await system.Api.CreateJobAsync(Request(model), CsvText.Rows(Rows), default);
        Assert.Equal((first.JobId, 1), (again.JobId, again.Attempt!.Value));
        system.Kill9();

        await system.StartAsync(workers: 1, fault: point + "=kill");
        // It may have been through before it was killed; then there is nothing left to die on.
        await Task.WhenAny(system.WaitForExitAsync(), Task.Delay(TimeSpan.FromSeconds(20)));
        system.Kill9();
        await system.StartAsync(workers: 1);
        await LoadedOnceAsync(system, model, again);
    }

    [Fact]
    public async Task An_uploader_whose_job_is_cancelled_while_it_pauses_is_told_so_and_the_log_is_quiet()
    {
        await using var system = await SystemProcesses.StartNewAsync(workers: 1);
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        var said = system.Output.Length;
        var upload = BatchProcess.ShellAsync(new CliWorld(system.ApiAddress),
            $"batch job create {model.ModelId} - --wait < <({{ printf 'event_id,timestamp,amount\\n'; yes '1,1716045542,1.25' | head -n 1200000; exec sleep 55; }} 2>/dev/null); "
            + "code=$?; kill $!; exit $code");
        JobStatus? job = null;
        for (var until = DateTime.UtcNow.AddSeconds(40); job is not { Total: > 0 }; await Task.Delay(100))
        {
            Assert.True(DateTime.UtcNow < until, "There is no job.");
            job = (await system.Api.ListJobsAsync(new JobQuery(), default)).Jobs.SingleOrDefault();
        }
        await system.Api.CancelJobAsync(job.JobId, default);

        var run = await upload.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"Job {job.JobId} was cancelled while its file was being uploaded", run.Error);
        Assert.Equal(1, run.Error.Count(c => c == '\n'));
        Assert.DoesNotContain("xception", system.Output[said..]);
        await system.ConservedAsync(await system.Api.GetJobAsync(job.JobId, default));
    }
}
