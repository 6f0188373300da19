using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Batch.Cli;
using Batch.Client;

namespace Batch.Tests.EndToEnd.AppHost;

/// <summary>The seed README's quick start and the user guide's requests, against the whole system as the app host starts it.</summary>
[Collection("app host")]
[Trait("Tier", "system")]
public sealed class QuickStartTests(RunningAppHost system)
{
    readonly RunningAppHost _system = system;

    [Fact]
    public async Task The_quick_start_gives_a_success_its_rows_and_the_reasons_for_those_that_are_bad()
    {
        var folder = Directory.CreateTempSubdirectory("batch-quick-start");
        var schema = Path.Combine(folder.FullName, "model.json");
        var data = Path.Combine(folder.FullName, "data.csv");
        var bad = Path.Combine(folder.FullName, "bad.csv");
        await File.WriteAllTextAsync(schema, """{"event_id": "String", "timestamp": "UInt32", "amount": "Float64"}""");
        await File.WriteAllTextAsync(data, "event_id,timestamp,amount\n1,1716045542,12.5\n2,1716045543,8.0\n");
        await File.WriteAllTextAsync(bad, "event_id,timestamp,amount\n3,yesterday,1.0\n,1716045544,x\n5,1716045545,2.5\n");

        var (created, createOutput) = await BatchAsync("model", "create", "purchases", schema);
        Assert.Equal(0, created);
        var model = createOutput.Split(' ')[1];

        var (loaded, jobOutput) = await BatchAsync("job", "create", model, data, "--wait");
        Assert.Equal(ExitCodes.Success, loaded);
        Assert.Matches(@"^job [0-9a-f]{8} created\.", jobOutput);
        Assert.Equal("""
            1	1716045542	12.5
            2	1716045543	8
            """.ReplaceLineEndings("\n"),
            await GetAsync($"{_system.ClickHouseAddress}?query=SELECT%20event_id,timestamp,amount%20FROM%20data_{model}%20ORDER%20BY%20_row"));

        var (partial, badOutput) = await BatchAsync("job", "create", model, bad, "--wait");
        Assert.Equal(ExitCodes.PartialSuccess, partial);
        var job = badOutput.Split(' ')[1];
        var (_, rejected) = await BatchAsync("job", "rejected", job);
        Assert.Contains("The 'timestamp' value is invalid. Please provide a 32-bit Unix timestamp (integer).", rejected);
        Assert.Contains("The 'event_id' value is invalid. Provide a non-empty string or integer identifier.", rejected);
        Assert.Contains("The value for 'amount' is not a float. Provide a numeric value (e.g. 3.14).", rejected);

        var whole = (await _system.Api.GetJobAsync(job, default)).JobId;
        var direct =
            await GetAsync($"{_system.ClickHouseAddress}?query=SELECT%20row,error%20FROM%20rejected_rows%20WHERE%20job_id='{whole}'%20ORDER%20BY%20row,seq");
        Assert.Equal("1\tINVALID_TIMESTAMP\n2\tINVALID_EVENT_ID\n2\tNOT_A_FLOAT", direct);
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task The_guides_requests_have_the_guides_answers()
    {
        const string body =
            """{ "name": "Sample Model", "schema": { "type": "object", "properties": { "id": { "type": "string" }, "value": { "type": "integer" } }, "required": ["id", "value"] } }""";
        using var create = Request(HttpMethod.Post, "models", new StringContent(body, Encoding.UTF8, "application/json"));
        using var created = await _system.Http.SendAsync(create);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var model = await JsonAsync(created);
        Assert.Equal("Sample Model", model.GetProperty("name").GetString());
        Assert.Equal("guide", model.GetProperty("tenant_id").GetString());
        Assert.Equal("integer", model.GetProperty("schema").GetProperty("properties").GetProperty("value").GetProperty("type").GetString());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", model.GetProperty("created_at").GetString());
        var modelId = model.GetProperty("model_id").GetString()!;

        using var form = new MultipartFormDataContent
        {
            { new StringContent(modelId), "model_id" },
            { new StringContent("id,value\na,1\nb,2\nc,3\n") { Headers = { ContentType = new MediaTypeHeaderValue("text/csv") } }, "file", "sample.csv" },
        };
        using var upload = Request(HttpMethod.Post, "jobs", form);
        using var accepted = await _system.Http.SendAsync(upload);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        var jobId = (await JsonAsync(accepted)).GetProperty("job_id").GetString()!;

        JsonElement job;
        var deadline = DateTime.UtcNow.AddSeconds(30);
        do
        {
            using var status = Request(HttpMethod.Get, $"jobs/{jobId}");
            using var answer = await _system.Http.SendAsync(status);
            job = await JsonAsync(answer);
            await Task.Delay(20);
        }
        while (job.GetProperty("state").GetString() is "PENDING" or "RUNNING" && DateTime.UtcNow < deadline);
        Assert.Equal("SUCCESS", job.GetProperty("state").GetString());
        Assert.Equal((3, 3, 0), (job.GetProperty("total").GetInt32(), job.GetProperty("success").GetInt32(), job.GetProperty("errors").GetInt32()));

        using var missing = Request(HttpMethod.Get, "jobs/123e4567-e89b-12d3-a456-426614174000");
        using var notFound = await _system.Http.SendAsync(missing);
        Assert.Equal(HttpStatusCode.NotFound, notFound.StatusCode);
        Assert.Equal("not found", (await JsonAsync(notFound)).GetProperty("error").GetString());

        using var other = new HttpRequestMessage(HttpMethod.Get, new Uri(_system.ApiAddress, $"jobs/{jobId}"));
        using var hidden = await _system.Http.SendAsync(other);
        Assert.Equal(HttpStatusCode.NotFound, hidden.StatusCode);
    }

    [Fact]
    public async Task A_hundred_uploads_at_once_are_all_exact()
    {
        var model = await _system.Api.CreateModelAsync(CsvText.Purchases("hundred"), default);
        var jobs = await Task.WhenAll(Enumerable.Range(1, 100).Select(async n =>
        {
            var rows = 100 + n * 30;
            var created = await _system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(rows, badEvery: 10), default);
            Assert.Equal(rows, created.Total);
            return (rows, created.JobId);
        }));
        foreach (var (rows, jobId) in jobs)
        {
            var job = await _system.Api.WaitUntilOverAsync(jobId);
            Assert.Equal((rows, rows - rows / 10, rows / 10), (job.Total, job.Success, job.Errors));
        }
        Assert.Equal(jobs.Sum(job => (long)job.rows - job.rows / 10), await _system.CountAsync($"SELECT count() FROM data_{model.ModelId}"));
        Assert.True((await _system.Api.VerifyAsync(jobs[50].JobId, default)).Consistent);
    }

    [Fact]
    public async Task A_job_keeps_to_the_version_of_the_model_it_started_with_and_its_bad_rows_can_be_run_again_under_the_next()
    {
        var model = await _system.Api.CreateModelAsync(CsvText.Purchases("versions"), default);
        var first = await _system.Api.CreateJobAsync(
            new CreateJobRequest { ModelId = model.ModelId }, CsvText.Of("event_id,timestamp,amount\na,1716045542,\nb,1716045543,2\n"), default);
        var updated = await _system.Api.UpdateModelAsync(model.ModelId, new CreateModelRequest
        {
            Schema = JsonDocument.Parse(
                """{"event_id": "String", "timestamp": "UInt32", "amount": "Nullable(Float64)", "note": "Nullable(String)"}""").RootElement,
        }, default);
        Assert.Equal(2, updated.Version);
        var job = await _system.Api.WaitUntilOverAsync(first.JobId);
        Assert.Equal((JobState.PartialSuccess, 1, 1, 1), (job.State, job.Success, job.Errors, (long)job.ModelVersion));

        var again = await _system.Api.WaitUntilOverAsync((await _system.Api.ReprocessAsync(job.JobId, default)).JobId);
        Assert.Equal((JobState.Success, 1), (again.State, again.Success));
        Assert.Equal(job.JobId, again.SourceJobId);
        Assert.Equal("a\t\\N\t1", await _system.QueryAsync(
            $"SELECT event_id, amount, _row FROM data_{model.ModelId} WHERE _job_id = '{again.JobId}' FORMAT TSV"));
        await _system.ConservedAsync(again);
    }

    [Fact]
    public async Task A_cancelled_job_keeps_and_counts_what_was_loaded()
    {
        var model = await _system.Api.CreateModelAsync(CsvText.Purchases("cancelled"), default);
        var created = await _system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(1_000_000), default);
        try
        {
            await _system.Api.CancelJobAsync(created.JobId, default);
        }
        catch (BatchApiException exception) when (exception.StatusCode == HttpStatusCode.Conflict)
        {
            // It was faster than we were; a job that is over cannot be cancelled.
        }
        var job = await _system.Api.WaitUntilOverAsync(created.JobId);
        Assert.True(job.State is JobState.Cancelled or JobState.Success, job.State.ToString());
        await Task.Delay(3_000);
        await _system.ConservedAsync(await _system.Api.GetJobAsync(created.JobId, default));
    }

    HttpRequestMessage Request(HttpMethod method, string path, HttpContent? content = null) =>
        new(method, new Uri(_system.ApiAddress, path)) { Content = content, Headers = { { "X-Tenant-ID", "guide" } } };

    static async Task<JsonElement> JsonAsync(HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;

    async Task<string> GetAsync(string url) => (await _system.Http.GetStringAsync(new Uri(url))).Trim();

    async Task<(int ExitCode, string Output)> BatchAsync(params string[] arguments)
    {
        var output = new StringWriter();
        var terminal = Terminal.System with { Out = output, Error = new StringWriter(), Width = 0, Animate = false, Colour = false };
        var exitCode = await BatchCommandLine.RunAsync([.. arguments, "--api-url", _system.ApiAddress.ToString()], terminal);
        return (exitCode, output.ToString());
    }
}
