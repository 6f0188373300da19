using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Batch.Client;
using Batch.Core.ClickHouse;
using Batch.Core.Log;
using Batch.Tests.Chunks;
using Batch.Tests.EmbeddedClickHouse;
using Batch.Tests.Jobs;
using Batch.Tests.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace Batch.Tests.Api;

[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class JobUploadTests(ClickHouseProcess clickHouse)
{
    const string Good = "event_id,timestamp,amount\n1,1716045542,12.5\n2,1716045543,8.0\n";

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
            job.GetProperty("total").GetInt64(), job.GetProperty("success").GetInt64(), job.GetProperty("errors").GetInt64(), job.GetProperty("file_name").GetString()));
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
            ["-s", "-m", "30", .. arguments.Select(argument => argument.Replace("FILE", file)), new Uri(api.Address, $"/jobs?model_id={model.ModelId}").ToString()]);

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
        Assert.Equal((JobState.Success, 50_000), ((await api.ProcessAsync(job)).State, (await api.Client.GetJobAsync(job.JobId, CancellationToken.None)).Success));
    }

    [Fact]
    public async Task The_likely_cause_of_a_header_that_does_not_fit_is_in_the_failure_and_with_the_first_entry_only()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();

        var job = await api.UploadAsync(model, "event_id;timestamp;amount\n1;2;3\n");

        const string cause = "Line 1 read with ';' has all 3 columns: add --delimiter ';' (in a request: delimiter=;).";
        Assert.Equal($"The header line does not fit the model, so no row was loaded. {cause} The rejected rows say which columns.", job.Failure);
        Assert.Equal(job.Failure, (await api.UntilOverAsync(job.JobId)).Failure);
        var rejected = await api.Client.GetRejectedAsync(job.JobId, new RejectedQuery(), CancellationToken.None);
        Assert.Equal([true, false, false, false], rejected.Rows.Select(row => row.Message.Contains(cause, StringComparison.Ordinal)));
    }

    /// <summary>A small file's job is written down by the worker, from the record; a labelled one by the API.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("ignoring")]
    public async Task Columns_that_were_ignored_are_in_the_status_and_one_that_is_near_is_warned_of(string? label)
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync("""{"event_id":"String","name":"Nullable(String)"}""");

        var job = await api.UploadAsync(model, "legacy,event_id,Name\nx,1,Ann\n", new CreateJobRequest { ModelId = "", IgnoreExtraColumns = true, Label = label });

        var ended = await api.ProcessAsync(job);
        foreach (var status in new[] { job, ended, (await api.Client.ListJobsAsync(new JobQuery(), CancellationToken.None)).Jobs.Single() })
        {
            Assert.Equal(["legacy", "Name"], status.IgnoredColumns);
            Assert.Equal(["The column 'Name' was ignored and the model's 'name' was filled with nothing: they differ in capitals."], status.Warnings);
        }
        Assert.Equal(JobState.Success, ended.State);
        var plain = await api.UploadAsync(model, "event_id\n1\n");
        Assert.Empty(plain.IgnoredColumns.Concat(plain.Warnings));
    }

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
    public async Task Header_only_is_a_success_of_no_rows()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();

        var job = await api.UploadAsync(model, "event_id,timestamp,amount\n");

        Assert.Equal((JobState.Success, 0, 100), ((await api.UntilOverAsync(job.JobId)).State, job.Total, job.Percent));
        Assert.Empty(api.Log.Records);
    }

    [Fact]
    public async Task A_header_that_does_not_fit_fails_the_job_with_one_entry_a_column_and_loads_nothing()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();

        var job = await api.UploadAsync(model, "event_id,amount,surprise\n1,2,3\n4,5,6\n");

        Assert.Equal((JobState.Failed, "HEADER_FAULT", 2, 0, 2), (job.State, job.FailureCode, job.Total, job.Success, job.Errors));
        Assert.Empty(api.Log.Records);
        var rejected = await api.Client.GetRejectedAsync(job.JobId, new RejectedQuery(), CancellationToken.None);
        Assert.Equal([("surprise", "EXTRA_COLUMN"), ("timestamp", "MISSING_COLUMN")], rejected.Rows.Select(row => (row.Column, row.Error)).Order());
        Assert.All(rejected.Rows, row => Assert.Equal(0, row.Row));
        Assert.Equal("HEADER_FAULT", (await Assert.ThrowsAsync<BatchApiException>(() => api.Client.ReprocessAsync(job.JobId, CancellationToken.None))).Code);
        Assert.Equal("HEADER_FAULT", (await Assert.ThrowsAsync<BatchApiException>(() => api.Client.ExportRejectedAsync(job.JobId, "csv", CancellationToken.None))).Code);

        Assert.Equal("The header line does not fit the model, so no row was loaded. The rejected rows say which columns.", job.Failure);

        var ignored = await api.UploadAsync(model, "event_id,timestamp,amount,surprise\n1,2,3,4\n", new CreateJobRequest { ModelId = "", IgnoreExtraColumns = true });
        Assert.Equal([0, 1, 2, -1], Assert.Single(api.Log.Records).ChunkHeader().Mapping);
        Assert.Equal(JobState.Success, (await api.ProcessAsync(ignored)).State);
    }

    [Fact]
    public async Task A_file_without_a_header_line_never_passes_for_one_of_columns_that_are_to_be_ignored()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync("""{"a":"Nullable(String)","b":"Nullable(Int64)"}""");

        var job = await api.UploadAsync(model, "x,1\ny,2\n", new CreateJobRequest { ModelId = "", IgnoreExtraColumns = true });

        Assert.Equal((JobState.Failed, "HEADER_FAULT", 1, 0, 1), (job.State, job.FailureCode, job.Total, job.Success, job.Errors));
        Assert.Empty(api.Log.Records);
        var entry = Assert.Single((await api.Client.GetRejectedAsync(job.JobId, new RejectedQuery(), CancellationToken.None)).Rows);
        Assert.Equal((0, "NO_KNOWN_COLUMN"), (entry.Row, entry.Error));
    }

    public static TheoryData<string, string, string, int, string> BadFiles => new()
    {
        { "empty", "", "text/csv", 400, "EMPTY_FILE" },
        { "UTF-16", "utf16", "text/csv", 400, "UNSUPPORTED_ENCODING" },
        { "NUL bytes", "a,b\n\0,1\n", "text/csv", 400, "BINARY_FILE" },
        { "a workbook", "PK\u0003\u0004 xl/ [Content_Types].xml", "text/csv", 400, "BINARY_FILE" },
        { "NDJSON", "{\"event_id\":1}\n{\"event_id\":2}\n", "text/csv", 400, "JSON_FILE" },
        { "gzip that is not", "event_id\n1\n", "application/gzip", 400, "INVALID_GZIP" },
        { "JSON", "{}", "application/json", 415, "UNSUPPORTED_MEDIA_TYPE" },
        { "curl's default type", "a=b", "application/x-www-form-urlencoded", 415, "UNSUPPORTED_MEDIA_TYPE" },
        { "another charset", "event_id\n1\n", "text/csv; charset=utf-16", 415, "UNSUPPORTED_ENCODING" },
        { "a form without boundary", "x", "multipart/form-data", 400, "INVALID_FORM" },
        { "open quote in the header", "\"event_id,amount\n1,2\n", "text/csv", 400, "MALFORMED_HEADER" },
    };

    [Theory]
    [MemberData(nameof(BadFiles))]
    public async Task What_is_no_CSV_file_is_refused_and_leaves_no_job(string what, string body, string type, int status, string code)
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();
        var bytes = body == "utf16" ? [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Good)] : Encoding.UTF8.GetBytes(body);

        var answer = await api.PostCsvAsync($"/jobs?model_id={model.ModelId}", bytes, type);

        Assert.True(status == (int)answer.StatusCode, $"{what}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        Assert.Equal(code, (await ApiHost.ProblemOf(answer)).Code);
        Assert.Empty((await api.Client.ListJobsAsync(new JobQuery(), CancellationToken.None)).Jobs);
    }

    [Fact]
    public async Task Forms_say_what_is_wrong_with_them()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();
        var file = Encoding.UTF8.GetBytes(Good);

        await RefusedAsync(400, "MODEL_ID_MISSING", ("file", file, "a.csv"), ("model_id", Encoding.UTF8.GetBytes(model.ModelId), null));
        await RefusedAsync(400, "FILE_MISSING", ("model_id", Encoding.UTF8.GetBytes(model.ModelId), null));
        await RefusedAsync(400, "FILE_MISSING", ("model_id", Encoding.UTF8.GetBytes(model.ModelId), null), ("data", file, "a.csv"));
        await RefusedAsync(404, "MODEL_NOT_FOUND", ("model_id", "00000000000000000000000000000000"u8.ToArray(), null), ("file", file, "a.csv"));
        await RefusedAsync(400, "INVALID_FORM", ("model_id", new byte[100_000], null), ("file", file, "a.csv"));
        Assert.Empty((await api.Client.ListJobsAsync(new JobQuery(), CancellationToken.None)).Jobs);

        await RefusedAsync(400, "MORE_THAN_ONE_FILE",
            ("model_id", Encoding.UTF8.GetBytes(model.ModelId), null), ("file", file, "a.csv"), ("file", file, "b.csv"));
        await RefusedAsync(400, "FIELD_AFTER_FILE",
            ("model_id", Encoding.UTF8.GetBytes(model.ModelId), null), ("file", file, "a.csv"), ("max_errors", "5"u8.ToArray(), null));
        Assert.All((await api.Client.ListJobsAsync(new JobQuery(), CancellationToken.None)).Jobs, job => Assert.Equal(JobState.Failed, job.State));

        async Task RefusedAsync(int status, string code, params (string Name, byte[] Value, string? FileName)[] parts)
        {
            var form = new MultipartFormDataContent();
            foreach (var (name, value, fileName) in parts)
            {
                if (fileName is null)
                    form.Add(new ByteArrayContent(value), name);
                else
                    form.Add(new ByteArrayContent(value), name, fileName);
            }
            var answer = await api.Http.PostAsync("/jobs", form);
            Assert.Equal(code, (await ApiHost.ProblemOf(answer)).Code);
            Assert.Equal(status, (int)answer.StatusCode);
        }
    }

    [Fact]
    public async Task The_same_label_returns_the_first_job_also_to_several_at_once()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ =>
        {
            var request = new HttpRequestMessage(HttpMethod.Post, $"/jobs?model_id={model.ModelId}") { Content = new StringContent(Good, Encoding.UTF8, "text/csv") };
            request.Headers.Add("Idempotency-Key", "day-1");
            return await api.Http.SendAsync(request);
        }));

        Assert.Equal([200, 200, 200, 200, 202], answers.Select(answer => (int)answer.StatusCode).Order());
        var jobs = await Task.WhenAll(answers.Select(async answer => JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("job_id").GetString()));
        Assert.Single(jobs.Distinct());
        Assert.Single(api.Log.Records);

        var other = await api.CreateModelAsync(name: "other");
        var refusal = await Assert.ThrowsAsync<BatchApiException>(() => api.UploadAsync(other, Good, new CreateJobRequest { ModelId = "", Label = "day-1" }));
        Assert.Equal("LABEL_IN_USE", refusal.Code);
    }

    [Fact]
    public async Task A_refused_upload_is_answered_before_its_body_is_asked_for()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        using var connection = await ConnectAsync(api, "POST /jobs?model_id=nosuchmodel HTTP/1.1\r\nContent-Type: text/csv\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n");

        Assert.StartsWith("HTTP/1.1 404", await ReadLineAsync(connection));
    }

    [Fact]
    public async Task A_client_that_goes_away_leaves_a_failed_job_with_exact_figures()
    {
        await using var api = await ApiHost.StartAsync(clickHouse, ("Chunker:ChunkBytes", "65536"), ("Uploads:ExpressBytes", "0"));
        var model = await api.CreateModelAsync();
        var rows = string.Concat(Enumerable.Range(1, 20_000).Select(i => $"{i},1716045542,1.25\n"));
        using (var connection = await ConnectAsync(api, $"POST /jobs?model_id={model.ModelId} HTTP/1.1\r\nContent-Type: text/csv\r\nContent-Length: 100000000\r\n"))
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
        await using var worker = new TestWorker(new ClickHouseOptions { Url = clickHouse.Url, Database = api.Services.GetRequiredService<ClickHouseClient>().Database });
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
        await using var worker = new TestWorker(new ClickHouseOptions { Url = mortal.Url, Database = api.Services.GetRequiredService<ClickHouseClient>().Database });
        await worker.ProcessAsync(Assert.Single(api.Log.Records));
        var job = Assert.Single((await api.Client.ListJobsAsync(new JobQuery(), CancellationToken.None)).Jobs);
        Assert.Equal((refusal.JobId, JobState.Success, 2L), (job.JobId, job.State, job.Success));
        await mortal.StopAsync();
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
    public async Task Damaged_gzip_in_mid_upload_fails_the_job_and_says_so()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();
        var random = new Random(7);
        var gzip = Gzip(Encoding.UTF8.GetBytes("event_id,timestamp,amount\n" + string.Concat(Enumerable.Range(1, 200_000).Select(i => $"{random.Next()},1716045542,{i}\n"))));

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
        var gzip = Gzip(Encoding.UTF8.GetBytes("event_id,timestamp,amount\n" + string.Concat(Enumerable.Range(1, 20_000).Select(i => $"{i},1716045542,{i}\n"))));
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
    public async Task Chunks_too_large_for_the_log_are_refused_before_there_is_a_job()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();
        api.Log.MaxRecordBytes = 1 << 20;

        var refusal = await Assert.ThrowsAsync<BatchApiException>(() => api.UploadAsync(model, Good));

        Assert.Equal("LOG_UNAVAILABLE", refusal.Code);
        Assert.Contains("ChunkBytes", refusal.Message);
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
            job = (await api.Client.ListJobsAsync(new JobQuery(), CancellationToken.None)).Jobs.FirstOrDefault();
        }

        Assert.Equal("cancelled", (await api.Client.CancelJobAsync(job.JobId, CancellationToken.None)).Status);

        await Assert.ThrowsAnyAsync<Exception>(() => upload.WaitAsync(TimeSpan.FromSeconds(30)));
        var over = await api.UntilOverAsync(job.JobId);
        Assert.Equal(JobState.Cancelled, over.State);
        Assert.InRange(over.Total, 0, 399_999);
        Assert.Equal("JOB_OVER", (await Assert.ThrowsAsync<BatchApiException>(() => api.Client.CancelJobAsync(job.JobId, CancellationToken.None))).Code);
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
    public async Task Five_thousand_columns_are_a_job_with_exact_faults()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();
        var header = string.Join(',', Enumerable.Range(0, 5000).Select(i => $"c{i}"));

        var job = await api.UploadAsync(model, header + "\n1\n");

        Assert.Equal((JobState.Failed, 1, 1), (job.State, job.Total, job.Errors));
        var summary = await api.Client.GetRejectedSummaryAsync(job.JobId, CancellationToken.None);
        Assert.Equal(5000, summary.Where(line => line.Error == "EXTRA_COLUMN").Sum(line => line.Count));
        Assert.Equal(3, summary.Where(line => line.Error == "MISSING_COLUMN").Sum(line => line.Count));
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
        Assert.Equal([ids[2]], (await api.Client.ListJobsAsync(new JobQuery { State = JobState.Cancelled }, CancellationToken.None)).Jobs.Select(job => job.JobId));
        foreach (var (query, code) in new[] { ("limit=0", "INVALID_PARAMETER"), ("state=DONE", "INVALID_PARAMETER"), ("cursor=nonsense", "INVALID_CURSOR"), ("limit=x", "BAD_REQUEST") })
        {
            var answer = await api.Http.GetAsync($"/jobs?{query}");
            Assert.Equal((400, code), ((int)answer.StatusCode, (await ApiHost.ProblemOf(answer)).Code));
        }
        var missing = await api.Http.GetAsync("/jobs/123e4567-e89b-12d3-a456-426614174000");
        Assert.Equal((404, "not found", "JOB_NOT_FOUND"), ((int)missing.StatusCode, (await ApiHost.ProblemOf(missing)) is var p ? p.Error : "", p.Code));
    }

    /// <summary>A file made while it is read.</summary>
    sealed class RepeatedRows(string header, string row, long bytes) : Stream
    {
        readonly byte[] _row = Encoding.ASCII.GetBytes(row);
        byte[] _current = Encoding.ASCII.GetBytes(header);
        int _at;
        long _left = bytes / row.Length;

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = 0;
            while (read < count)
            {
                if (_at == _current.Length)
                {
                    if (_left-- <= 0)
                        break;
                    (_current, _at) = (_row, 0);
                }
                var part = Math.Min(count - read, _current.Length - _at);
                _current.AsSpan(_at, part).CopyTo(buffer.AsSpan(offset + read));
                (_at, read) = (_at + part, read + part);
            }
            return read;
        }

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    static byte[] Gzip(byte[] bytes)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    static async Task<TcpClient> ConnectAsync(ApiHost api, string head)
    {
        var connection = new TcpClient();
        await connection.ConnectAsync(api.Address.Host, api.Address.Port);
        await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head + "Host: test\r\n\r\n"));
        return connection;
    }

    static async Task<string?> ReadLineAsync(TcpClient connection)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        return await new StreamReader(connection.GetStream()).ReadLineAsync(limit.Token);
    }
}
