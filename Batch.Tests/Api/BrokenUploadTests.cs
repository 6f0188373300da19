using System.Net;
using System.Text;
using Batch.Client;
using Batch.Core.ClickHouse;
using Batch.Core.Log;
using Batch.Tests.Chunks;
using Batch.Tests.EmbeddedClickHouse;
using Batch.Tests.Jobs;
using Batch.Tests.Worker;
using Microsoft.Extensions.DependencyInjection;
using static Batch.Tests.Api.Uploads;

namespace Batch.Tests.Api;

/// <summary>Uploads that break off, by whatever fault: the figures of their jobs stay exact.</summary>
[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class BrokenUploadTests(ClickHouseProcess clickHouse)
{
    /// <summary>The running API finds it by itself, in two of its rounds.</summary>
    [Fact]
    public async Task A_job_whose_chunk_the_log_has_lost_is_ended_by_the_API()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var job = await api.UploadAsync(await api.CreateModelAsync(), Good);
        api.ExpectedError = "that the log has lost";
        // The group is past all that there was, and there is no receipt.
        api.Log.Lags = [new(new("batch.chunks.express", 0), 0, 5, 5)];
        await api.Services.GetRequiredService<ClickHouseClient>().AgeJobsAsync(3600);

        var ended = await api.UntilOverAsync(job.JobId);

        Assert.Equal((JobState.Failed, "LOG_LOST_CHUNKS", 2L, 2L), (ended.State, ended.FailureCode, ended.Total, ended.Abandoned));
    }

    [Fact]
    public async Task A_client_that_goes_away_leaves_a_failed_job_with_exact_figures()
    {
        await using var api = await ApiHost.StartAsync(clickHouse, ("Chunker:ChunkBytes", "65536"), ("Uploads:ExpressBytes", "0"));
        var model = await api.CreateModelAsync();
        var rows = string.Concat(Enumerable.Range(1, 20_000).Select(i => $"{i},1716045542,1.25\n"));
        using (var connection =
            await ConnectAsync(api, $"POST /jobs?model_id={model.ModelId} HTTP/1.1\r\nContent-Type: text/csv\r\nContent-Length: 100000000\r\n"))
        {
            await connection.GetStream().WriteAsync(Encoding.UTF8.GetBytes("event_id,timestamp,amount\n" + rows));
            // The body goes through buffers of 4 MiB, so most of what was sent is not a chunk yet; the count must be of those that are.
            for (var until = DateTime.UtcNow.AddSeconds(20); (await api.Client.ListJobsAsync(new JobQuery(), CancellationToken.None)).Jobs.Count == 0;)
            {
                Assert.True(DateTime.UtcNow < until, "There is no job.");
                await Task.Delay(50);
            }
        }

        var created = Assert.Single((await api.Client.ListJobsAsync(new JobQuery(), CancellationToken.None)).Jobs);
        var job = await api.UntilOverAsync(created.JobId);
        Assert.Equal((JobState.Failed, "UPLOAD_INTERRUPTED"), (job.State, job.FailureCode));
        Assert.Equal(api.Log.Records.Sum(record => record.ChunkHeader().Rows), job.Total);
    }

    [Fact]
    public async Task A_log_that_is_down_is_503_and_nothing_is_created()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();
        api.Log.Down = new LogUnavailableException("No broker.");

        var refusal = await Assert.ThrowsAsync<BatchApiException>(() => api.UploadAsync(model, Good));

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "LOG_UNAVAILABLE"), (refusal.StatusCode, refusal.Code));
        Assert.Empty((await api.Client.ListJobsAsync(new JobQuery(), CancellationToken.None)).Jobs);
        Assert.Equal(HttpStatusCode.OK, (await api.Http.GetAsync("/models")).StatusCode);
    }

    [Theory]
    [InlineData(false, 503, "LOG_UNAVAILABLE")]
    [InlineData(true, 507, "LOG_FULL")]
    public async Task A_log_that_fails_in_mid_upload_fails_the_job_with_what_was_acknowledged(bool full, int status, string code)
    {
        await using var api = await ApiHost.StartAsync(clickHouse, ("Chunker:ChunkBytes", "65536"), ("Uploads:ExpressBytes", "0"));
        var model = await api.CreateModelAsync();
        api.Log.FailAfter = 2;
        api.Log.AppendFault = full ? new LogFullException("No room.") : new LogUnavailableException("Gone.");
        var csv = "event_id,timestamp,amount\n" + string.Concat(Enumerable.Range(1, 30_000).Select(i => $"{i},1716045542,1.25\n"));

        var refusal = await Assert.ThrowsAsync<BatchApiException>(() => api.UploadAsync(model, csv));

        Assert.Equal((status, code), ((int)refusal.StatusCode, refusal.Code));
        var job = await api.Client.GetJobAsync(refusal.JobId!, CancellationToken.None);
        Assert.Equal((JobState.Failed, code), (job.State, job.FailureCode));
        Assert.Equal(2, api.Log.Records.Count);
        Assert.Equal(api.Log.Records.Sum(record => record.ChunkHeader().Rows), job.Total);
    }

    /// <summary>A log that does not answer may have the record all the same: then it is found there, and its job has failed by then.</summary>
    [Fact]
    public async Task A_small_upload_that_the_log_does_not_acknowledge_is_a_failed_job_and_loads_nothing_later()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();
        api.Log.FailAfter = 0;
        api.Log.KeepsFailed = true;

        var refusal = await Assert.ThrowsAsync<BatchApiException>(() => api.UploadAsync(model, Good));

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "LOG_UNAVAILABLE"), (refusal.StatusCode, refusal.Code));
        var job = await api.Client.GetJobAsync(refusal.JobId!, CancellationToken.None);
        Assert.Equal((JobState.Failed, "LOG_UNAVAILABLE", 0L), (job.State, job.FailureCode, job.Total));
        await using var worker =
            new TestWorker(new ClickHouseOptions { Url = clickHouse.Url, Database = api.Services.GetRequiredService<ClickHouseClient>().Database });
        await worker.ProcessAsync(Assert.Single(api.Log.Records));
        job = await api.Client.GetJobAsync(refusal.JobId!, CancellationToken.None);
        Assert.Equal((JobState.Failed, 0L, job.Total), (job.State, job.Success, job.Abandoned));
        Assert.NotEqual(0, job.Total);
    }

    [Fact]
    public async Task A_small_upload_during_which_ClickHouse_goes_away_says_that_it_is_in_the_log_and_is_loaded_later()
    {
        using var mortal = await ClickHouseProcess.StartAsync();
        await using var api = await ApiHost.StartAsync(mortal, ("Uploads:SettleSeconds", "0"));
        var model = await api.CreateModelAsync();
        api.Log.BeforeAppend = () =>
        {
            mortal.Kill9();
            return Task.CompletedTask;
        };

        var refusal = await Assert.ThrowsAsync<BatchApiException>(() => api.UploadAsync(model, Good));

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "CLICKHOUSE_UNAVAILABLE"), (refusal.StatusCode, refusal.Code));
        Assert.Contains("do not submit it again", refusal.Message, StringComparison.Ordinal);
        await mortal.RestartAsync();
        await using var worker =
            new TestWorker(new ClickHouseOptions { Url = mortal.Url, Database = api.Services.GetRequiredService<ClickHouseClient>().Database });
        await worker.ProcessAsync(Assert.Single(api.Log.Records));
        var job = Assert.Single((await api.Client.ListJobsAsync(new JobQuery(), CancellationToken.None)).Jobs);
        Assert.Equal((refusal.JobId, JobState.Success, 2L), (job.JobId, job.State, job.Success));
        await mortal.StopAsync();
    }

    [Fact]
    public async Task Damaged_gzip_in_mid_upload_fails_the_job_and_says_so()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();
        var random = new Random(7);
        var gzip = Gzip(Encoding.UTF8.GetBytes("event_id,timestamp,amount\n"
            + string.Concat(Enumerable.Range(1, 200_000).Select(i => $"{random.Next()},1716045542,{i}\n"))));

        var answer = await api.PostCsvAsync($"/jobs?model_id={model.ModelId}", gzip[..(gzip.Length / 2)], encoding: "gzip");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = await ApiHost.ProblemOf(answer);
        Assert.Equal("INVALID_GZIP", problem.Code);
        Assert.Equal("INVALID_GZIP", (await api.Client.GetJobAsync(problem.JobId!, CancellationToken.None)).FailureCode);
    }

    [Theory]
    [InlineData("checksum", "does not match its checksum")]
    [InlineData("rubbish", "followed by bytes that are not gzip")]
    [InlineData("second", "followed by bytes that are not gzip")]
    public async Task Gzip_that_is_wrong_at_its_end_fails_the_job_with_the_figures_of_what_was_under_way(string wrong, string says)
    {
        await using var api = await ApiHost.StartAsync(clickHouse, ("Chunker:ChunkBytes", "65536"), ("Uploads:ExpressBytes", "0"));
        var model = await api.CreateModelAsync();
        var gzip =
            Gzip(Encoding.UTF8.GetBytes("event_id,timestamp,amount\n" + string.Concat(Enumerable.Range(1, 20_000).Select(i => $"{i},1716045542,{i}\n"))));
        var second = Gzip("20001,1716045542,1\n"u8.ToArray());
        second[1] ^= 1;
        gzip[^8] ^= (byte)(wrong == "checksum" ? 1 : 0);
        byte[] file = [.. gzip, .. wrong == "rubbish" ? "rubbish"u8.ToArray() : wrong == "second" ? second : []];

        var answer = await api.PostCsvAsync($"/jobs?model_id={model.ModelId}", file, encoding: "gzip");

        var problem = await ApiHost.ProblemOf(answer);
        Assert.Equal((HttpStatusCode.BadRequest, "INVALID_GZIP"), (answer.StatusCode, problem.Code));
        Assert.Contains(says, problem.Detail, StringComparison.Ordinal);
        var job = await api.Client.GetJobAsync(problem.JobId!, CancellationToken.None);
        Assert.Equal("INVALID_GZIP", job.FailureCode);
        // What the log had taken by then, and no more, is the job's; the last rows of the file never became a chunk.
        Assert.Equal(api.Log.Records.Sum(record => record.ChunkHeader().Rows), job.Total);
        Assert.InRange(job.Total, 1, 19_999);
    }

    [Fact]
    public async Task A_form_that_is_compressed_as_a_whole_is_held_against_its_checksum_too()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();
        var form = new MultipartFormDataContent { { new ByteArrayContent(Encoding.UTF8.GetBytes(Good)), "file", "a.csv" } };
        var gzip = Gzip(await form.ReadAsByteArrayAsync());

        async Task<HttpResponseMessage> PostAsync(byte[] body) =>
            await api.PostCsvAsync($"/jobs?model_id={model.ModelId}", body, form.Headers.ContentType!.ToString(), "gzip");

        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(gzip)).StatusCode);
        gzip[^8] ^= 1;
        var problem = await ApiHost.ProblemOf(await PostAsync(gzip));
        Assert.Equal("INVALID_GZIP", problem.Code);
        Assert.Single(api.Log.Records);
    }

    [Fact]
    public async Task A_job_cancelled_in_mid_upload_stops_the_upload()
    {
        await using var api = await ApiHost.StartAsync(clickHouse,
            ("Chunker:ChunkBytes", "65536"), ("Uploads:ExpressBytes", "0"), ("Uploads:HeartbeatSeconds", "0.1"));
        var model = await api.CreateModelAsync();
        api.Log.BeforeAppend = () => Task.Delay(200);
        var csv = "event_id,timestamp,amount\n" + string.Concat(Enumerable.Range(1, 400_000).Select(i => $"{i},1716045542,1.25\n"));
        var upload = api.UploadAsync(model, csv);
        JobStatus? job = null;
        for (var until = DateTime.UtcNow.AddSeconds(20); job is null; await Task.Delay(50))
        {
            Assert.True(DateTime.UtcNow < until, "There is no job.");
            job = (await api.Client.ListJobsAsync(new JobQuery(), CancellationToken.None)).Jobs is [var first, ..] ? first : null;
        }

        Assert.Equal("cancelled", (await api.Client.CancelJobAsync(job.JobId, CancellationToken.None)).Status);

        await Assert.ThrowsAnyAsync<Exception>(() => upload.WaitAsync(TimeSpan.FromSeconds(30)));
        var over = await api.UntilOverAsync(job.JobId);
        Assert.Equal(JobState.Cancelled, over.State);
        Assert.InRange(over.Total, 0, 399_999);
        Assert.Equal("JOB_OVER", (await Assert.ThrowsAsync<BatchApiException>(() => api.Client.CancelJobAsync(job.JobId, CancellationToken.None))).Code);
    }
}
