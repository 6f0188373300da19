using System.Net;
using System.Text;
using System.Text.Json;
using Batch.Client;
using Batch.Tests.Chunks;
using Batch.Tests.EmbeddedClickHouse;
using Microsoft.Extensions.DependencyInjection;
using static Batch.Tests.Api.Uploads;

namespace Batch.Tests.Api;

[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class JobUploadTests(ClickHouseProcess clickHouse)
{
    [Fact]
    public async Task The_guides_form_is_answered_with_202_and_the_job()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();
        var form = new MultipartFormDataContent
        {
            { new StringContent(model.ModelId), "model_id" },
            { new ByteArrayContent(Encoding.UTF8.GetBytes(Good)), "file", "sample.csv" },
        };

        var answer = await api.Http.PostAsync("/jobs", form);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        var job = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Matches("^[0-9a-f]{32}$", job.GetProperty("job_id").GetString());
        Assert.Equal((model.ModelId, "PENDING", 2, 0, 0, "sample.csv"), (job.GetProperty("model_id").GetString(), job.GetProperty("state").GetString(),
            job.GetProperty("total").GetInt64(), job.GetProperty("success").GetInt64(), job.GetProperty("errors").GetInt64(), job.GetProperty("file_name")
                .GetString()));
        var record = Assert.Single(api.Log.Records);
        Assert.Equal("1,1716045542,12.5\n2,1716045543,8.0", Encoding.UTF8.GetString(record.Value.Span));
        var header = record.ChunkHeader();
        Assert.Equal((1L, 2L, 2, 0), (header.FirstRow, header.FirstLine, header.Rows, header.Ordinal));
        Assert.Equal("batch.chunks.express", record.Position.Topic);
        Assert.NotEqual(default, record.Chunk().Trace);
    }

    [Fact]
    public async Task Small_jobs_of_a_tenant_with_many_in_progress_do_not_overtake_those_of_others()
    {
        await using var api = await ApiHost.StartAsync(clickHouse, ("Uploads:ExpressJobsPerTenant", "2"));
        var mine = await api.CreateModelAsync();
        for (var n = 0; n < 4; n++)
            await api.UploadAsync(mine, Good);
        using var other = new BatchClient(new BatchClientOptions { Address = api.Address, Tenant = "tenant_b" });
        var theirs = await other.CreateModelAsync(new CreateModelRequest { Name = "theirs", Schema = JsonElement.Parse(ApiHost.PurchaseSchema) }, default);
        await other.CreateJobAsync(new CreateJobRequest { ModelId = theirs.ModelId }, new MemoryStream(Encoding.UTF8.GetBytes(Good)), default);

        Assert.Equal(
            ["batch.chunks.express", "batch.chunks.express", "batch.chunks", "batch.chunks", "batch.chunks.express"],
            api.Log.Records.Select(record => record.Position.Topic));
    }

    [Fact]
    public async Task A_raw_body_plain_or_gzip_does_as_well_as_a_form()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();
        var path = $"/jobs?model_id={model.ModelId}";
        var plain = Encoding.UTF8.GetBytes(Good);

        Assert.Equal(HttpStatusCode.Accepted, (await api.PostCsvAsync(path, plain)).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await api.PostCsvAsync(path, Gzip(plain), encoding: "gzip")).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await api.PostCsvAsync(path, Gzip(plain), "application/gzip")).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await api.PostCsvAsync(path, Gzip(plain), "application/octet-stream")).StatusCode);
        var form = new MultipartFormDataContent { { new ByteArrayContent(Gzip(plain)), "file", "a.csv.gz" } };
        Assert.Equal(HttpStatusCode.Accepted, (await api.Http.PostAsync(path, form)).StatusCode);

        Assert.Equal(5, api.Log.Records.Count);
        Assert.All(api.Log.Records, record => Assert.EndsWith("\n2,1716045543,8.0", Encoding.UTF8.GetString(record.Value.Span)));
    }

    /// <summary>curl -T sends PUT and no Content-Type, and streams, which --data-binary does not.</summary>
    [SkippableTheory]
    [InlineData("-T", "FILE")]
    [InlineData("-X", "POST", "-T", "FILE")]
    [InlineData("-T", "FILE.gz")]
    [InlineData("-X", "POST", "-H", "Transfer-Encoding: chunked", "-T", "FILE")]
    public async Task Curl_uploads_a_file_with_T(params string[] arguments)
    {
        Deployment.Tool.Require("/usr/bin/curl");
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();
        using var folder = new Log.TemporaryFolder();
        var file = Path.Combine(folder.Path, "a.csv");
        await File.WriteAllTextAsync(file, Good);
        await File.WriteAllBytesAsync(file + ".gz", Gzip(Encoding.UTF8.GetBytes(Good)));

        var (exitCode, output) = await Deployment.Tool.RunAsync("/usr/bin/curl",
            ["-s", "-m", "30", .. arguments.Select(argument => argument.Replace("FILE", file)), new Uri(api.Address, $"/jobs?model_id={model.ModelId}")
                .ToString()]);

        Assert.Equal(0, exitCode);
        Assert.Equal(2, JsonElement.Parse(output).GetProperty("total").GetInt64());
        Assert.Equal("1,1716045542,12.5\n2,1716045543,8.0", Encoding.UTF8.GetString(Assert.Single(api.Log.Records).Value.Span));
    }

    [Fact]
    public async Task A_large_upload_is_cut_into_chunks_that_go_round_the_partitions_a_few_at_a_time()
    {
        await using var api = await ApiHost.StartAsync(clickHouse, ("Chunker:ChunkBytes", "65536"), ("Uploads:ExpressBytes", "0"));
        api.Log.BeforeAppend = () => Task.Delay(5);
        var model = await api.CreateModelAsync();
        var csv = new StringBuilder("event_id,timestamp,amount\n");
        for (var i = 1; i <= 50_000; i++)
            csv.Append(i).Append(",1716045542,1.25\n");

        var job = await api.UploadAsync(model, csv.ToString());

        Assert.Equal(50_000, job.Total);
        var headers = api.Log.Records.Select(record => record.ChunkHeader()).OrderBy(header => header.Ordinal).ToList();
        Assert.True(headers.Count > 10);
        Assert.Equal(Enumerable.Range(0, headers.Count), headers.Select(header => header.Ordinal));
        Assert.Equal(50_000, headers.Sum(header => header.Rows));
        for (var i = 1; i < headers.Count; i++)
            Assert.Equal(headers[i - 1].FirstRow + headers[i - 1].Rows, headers[i].FirstRow);
        Assert.Equal(12, api.Log.Records.Select(record => record.Position.Partition).Distinct().Count());
        Assert.InRange(api.Log.MostUnderWay, 2, 3);
        Assert.Equal((JobState.Success, 50_000),
            ((await api.ProcessAsync(job)).State, (await api.Client.GetJobAsync(job.JobId, CancellationToken.None)).Success));
    }

    [Fact]
    public async Task Header_only_is_a_success_of_no_rows()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();

        var job = await api.UploadAsync(model, "event_id,timestamp,amount\n");

        Assert.Equal((JobState.Success, 0, 100), ((await api.UntilOverAsync(job.JobId)).State, job.Total, job.Percent));
        Assert.Empty(api.Log.Records);
    }

    [Fact]
    public async Task The_same_label_returns_the_first_job_also_to_several_at_once()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ =>
        {
            var request = new HttpRequestMessage(HttpMethod.Post,
                $"/jobs?model_id={model.ModelId}")
            { Content = new StringContent(Good, Encoding.UTF8, "text/csv") };
            request.Headers.Add("Idempotency-Key", "day-1");
            return await api.Http.SendAsync(request);
        }));

        Assert.Equal([200, 200, 200, 200, 202], answers.Select(answer => (int)answer.StatusCode).Order());
        var jobs =
            await Task.WhenAll(answers.Select(async answer => JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("job_id").GetString()));
        Assert.Single(jobs.Distinct());
        Assert.Single(api.Log.Records);

        var other = await api.CreateModelAsync(name: "other");
        var refusal = await Assert.ThrowsAsync<BatchApiException>(() => api.UploadAsync(other, Good, new CreateJobRequest { ModelId = "", Label = "day-1" }));
        Assert.Equal("LABEL_IN_USE", refusal.Code);
    }

    [Fact]
    public async Task A_file_with_a_very_long_header_line_is_loaded_the_long_way()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();
        var wide = string.Concat(Enumerable.Range(0, 2_000).Select(n => $",{n:d20}"));

        var job = await api.UploadAsync(model, $"event_id,timestamp,amount{wide}\n1,1716045542,12.5{new string(',', 2_000)}\n",
            new CreateJobRequest { ModelId = "", IgnoreExtraColumns = true });

        Assert.Null(Assert.Single(api.Log.Records).ChunkHeader().Job);
        job = await api.ProcessAsync(job);
        Assert.Equal((JobState.Success, 1L), (job.State, job.Success));
    }

    [Fact]
    public async Task Memory_does_not_grow_with_the_file()
    {
        const int bytes = 192 << 20;
        await using var api = await ApiHost.StartAsync(clickHouse, ("Chunker:ChunkBytes", "1048576"), ("Chunker:BudgetBytes", "16777216"));
        api.Log.KeepsRecords = false;
        long peak = 0;
        api.Log.BeforeAppend = () =>
        {
            peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: false));
            return Task.CompletedTask;
        };
        var model = await api.CreateModelAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var job = await api.Client.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId },
            new RepeatedRows("event_id,timestamp,amount\n", "a-rather-ordinary-event-id,1716045542,12.5\n", bytes), CancellationToken.None);

        Assert.Equal(bytes / 43, job.Total);
        Assert.InRange(peak - before, 0, 96 << 20);
    }

    [Fact]
    public async Task Uploads_beyond_the_limit_wait_and_are_not_refused()
    {
        await using var api = await ApiHost.StartAsync(clickHouse, ("Uploads:MaxConcurrent", "1"));
        var model = await api.CreateModelAsync();
        api.Log.BeforeAppend = () => Task.Delay(100);

        var jobs = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => api.UploadAsync(model, Good)));

        Assert.Equal(4, jobs.Select(job => job.JobId).Distinct().Count());
        Assert.Equal(1, api.Log.MostUnderWay);
    }

    [Fact]
    public async Task A_field_of_two_MiB_is_one_rejected_row_and_the_rest_is_loaded()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();

        var job = await api.ProcessAsync(await api.UploadAsync(model, $"event_id,timestamp,amount\n1,2,3\n{new string('x', 2 << 20)},2,3\n3,4,5\n"));

        Assert.Equal((JobState.PartialSuccess, 3, 2, 1), (job.State, job.Total, job.Success, job.Errors));
        var row = Assert.Single((await api.Client.GetRejectedAsync(job.JobId, new RejectedQuery(), CancellationToken.None)).Rows);
        Assert.Equal((2, "ROW_TOO_LONG"), (row.Row, row.Error));
    }

    [Fact]
    public async Task Jobs_are_listed_newest_first_in_pages_and_by_state()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
            ids.Add((await api.UploadAsync(model, Good)).JobId);
        await api.Client.CancelJobAsync(ids[2], CancellationToken.None);

        var seen = new List<string>();
        for (string? cursor = null; ;)
        {
            var page = await api.Client.ListJobsAsync(new JobQuery { Limit = 2, Cursor = cursor }, CancellationToken.None);
            seen.AddRange(page.Jobs.Select(job => job.JobId));
            if ((cursor = page.Next) is null)
                break;
        }
        Assert.Equal(Enumerable.Reverse(ids), seen);
        Assert.Equal([ids[2]], (await api.Client.ListJobsAsync(new JobQuery { State = JobState.Cancelled }, CancellationToken.None)).Jobs
            .Select(job => job.JobId));
        foreach (var (query, code) in new[] { ("limit=0", "INVALID_PARAMETER"), ("state=DONE", "INVALID_PARAMETER"), ("cursor=nonsense",
            "INVALID_CURSOR"), ("limit=x", "BAD_REQUEST") })
        {
            var answer = await api.Http.GetAsync($"/jobs?{query}");
            Assert.Equal((400, code), ((int)answer.StatusCode, (await ApiHost.ProblemOf(answer)).Code));
        }
        var missing = await api.Http.GetAsync("/jobs/123e4567-e89b-12d3-a456-426614174000");
        Assert.Equal((404, "not found", "JOB_NOT_FOUND"), ((int)missing.StatusCode, (await ApiHost.ProblemOf(missing)) is var p ? p.Error : "", p.Code));
    }
}
