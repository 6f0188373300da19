using System.Text;
using Batch.Client;
using Batch.Tests.Chunks;
using Batch.Tests.EmbeddedClickHouse;
using Microsoft.Extensions.DependencyInjection;
using static Batch.Tests.Api.Uploads;

namespace Batch.Tests.Api;

/// <summary>Uploads that do not fit: which are refused, which fail their job, and what both say.</summary>
[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class RefusedUploadTests(ClickHouseProcess clickHouse)
{
    [Fact]
    public async Task The_likely_cause_of_a_header_that_does_not_fit_is_in_the_failure_and_with_the_first_entry_only()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();

        var job = await api.UploadAsync(model, "event_id;timestamp;amount\n1;2;3\n", new CreateJobRequest { ModelId = "", Detects = false });

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

        var job = await api.UploadAsync(model, "legacy,event_id,Name\nx,1,Ann\n",
            new CreateJobRequest { ModelId = "", IgnoreExtraColumns = true, Label = label });

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
        Assert.Equal("HEADER_FAULT",
            (await Assert.ThrowsAsync<BatchApiException>(() => api.Client.ExportRejectedAsync(job.JobId, "csv", CancellationToken.None))).Code);

        Assert.Equal("The header line does not fit the model, so no row was loaded. The rejected rows say which columns.", job.Failure);

        var ignored = await api.UploadAsync(model, "event_id,timestamp,amount,surprise\n1,2,3,4\n",
            new CreateJobRequest { ModelId = "", IgnoreExtraColumns = true });
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

        var answer = await api.PostCsvAsync($"/jobs?model_id={model.ModelId}", Encoding.UTF8.GetBytes(body), type);

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
    public async Task A_refused_upload_is_answered_before_its_body_is_asked_for()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        using var connection = await ConnectAsync(
            api, "POST /jobs?model_id=nosuchmodel HTTP/1.1\r\nContent-Type: text/csv\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n");

        Assert.StartsWith("HTTP/1.1 404", await ReadLineAsync(connection));
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
}
