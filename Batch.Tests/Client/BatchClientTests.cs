using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Batch.Client;
using Microsoft.AspNetCore.Http;

namespace Batch.Tests.Client;

[Trait("Tier", "store")]
public sealed class BatchClientTests
{
    const string Job = """
        {"job_id":"123e4567e89b12d3a456426614174000","tenant_id":"tenant_a","model_id":"456a7890b1cd23ef4567678901234567",
        "total":3,"success":2,"errors":1,"percent":66,"state":"PARTIAL_SUCCESS",
        "created_at":"2023-03-15T12:01:40.000Z","updated_at":"2023-03-15T12:01:55.000Z"}
        """;

    static BatchClient ClientOf(StubServer server, BatchClientOptions? options = null) =>
        new((options ?? new BatchClientOptions()) with { Address = server.Address });

    [Fact]
    public async Task A_job_is_read_from_the_wire_spelling()
    {
        await using var server = await StubServer.AnsweringAsync(200, Job);
        using var client = ClientOf(server);

        var job = await client.GetJobAsync("123e4567", CancellationToken.None);

        Assert.Equal("GET /jobs/123e4567", $"{server.Method} {server.PathAndQuery}");
        Assert.Equal(JobState.PartialSuccess, job.State);
        Assert.Equal((3, 2, 1, 66), (job.Total, job.Success, job.Errors, job.Percent));
        Assert.Equal(new DateTimeOffset(2023, 3, 15, 12, 1, 40, TimeSpan.Zero), job.CreatedAt);
    }

    [Fact]
    public void Times_are_written_with_milliseconds_and_a_Z()
    {
        var job = JsonSerializer.Deserialize(Job, BatchJson.Default.JobStatus)! with
        {
            CreatedAt = new DateTimeOffset(2023, 3, 15, 14, 0, 0, TimeSpan.FromHours(2)),
        };

        Assert.Contains("\"created_at\":\"2023-03-15T12:00:00.000Z\"", JsonSerializer.Serialize(job, BatchJson.Default.JobStatus));
    }

    [Fact]
    public async Task Tenant_and_key_go_with_every_request()
    {
        await using var server = await StubServer.AnsweringAsync(200, "[]");
        using var client = ClientOf(server, new BatchClientOptions { Tenant = "my_tenant", TenantHeader = "X-Org", ApiKey = "secret" });

        Assert.Empty(await client.ListModelsAsync(CancellationToken.None));

        Assert.Equal("my_tenant", server.Headers["X-Org"]);
        Assert.Equal("Bearer secret", server.Headers.Authorization);
    }

    [Fact]
    public async Task A_prefix_in_the_address_is_kept()
    {
        await using var server = await StubServer.AnsweringAsync(200, "[]");
        using var client = new BatchClient(new BatchClientOptions { Address = new Uri(server.Address, "batch/v1") });

        await client.ListModelsAsync(CancellationToken.None);

        Assert.Equal("/batch/v1/models", server.PathAndQuery);
    }

    [Fact]
    public async Task An_upload_is_the_file_and_its_settings_are_in_the_query()
    {
        await using var server = await StubServer.AnsweringAsync(202, Job);
        using var client = ClientOf(server);
        var file = Encoding.UTF8.GetBytes("a\tb\n1\t2\n");
        var sent = new Sent();

        await client.CreateJobAsync(new CreateJobRequest
        {
            ModelId = "456a", FileName = "day 1&2.csv", Label = "día", Delimiter = '\t', IgnoreExtraColumns = true, MaxErrors = 5, Progress = sent,
        }, new MemoryStream(file), CancellationToken.None);

        Assert.Equal(file, server.Body);
        Assert.Equal("text/csv", server.Headers.ContentType);
        Assert.Equal("/jobs?model_id=456a&file_name=day%201%262.csv&label=d%C3%ADa&delimiter=tab&extra_columns=ignore&max_errors=5",
            server.PathAndQuery);
        Assert.Equal(file.Length, sent.Bytes);
    }

    [Fact]
    public async Task A_compressed_file_is_announced_as_such()
    {
        await using var server = await StubServer.AnsweringAsync(202, Job);
        using var client = ClientOf(server);

        await client.CreateJobAsync(new CreateJobRequest { ModelId = "456a", Gzip = true }, new MemoryStream([1]), CancellationToken.None);

        Assert.Equal("gzip", server.Headers.ContentEncoding);
    }

    [Fact]
    public async Task A_refused_upload_is_answered_before_the_file_is_sent()
    {
        await using var server = await StubServer.StartAsync(async (_, context) =>
        {
            context.Response.StatusCode = 404;
            context.Response.ContentType = "application/problem+json";
            await context.Response.WriteAsync("""{"error":"not found","code":"MODEL_NOT_FOUND","detail":"No model 'x'.","trace_id":"t"}""");
        });
        using var client = ClientOf(server);
        var file = new Endless();

        var refusal = await Assert.ThrowsAsync<BatchApiException>(() =>
            client.CreateJobAsync(new CreateJobRequest { ModelId = "x" }, file, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));

        Assert.Equal((HttpStatusCode.NotFound, "MODEL_NOT_FOUND", "t"), (refusal.StatusCode, refusal.Code, refusal.TraceId));
        Assert.Equal(0, file.BytesRead);
    }

    [Fact]
    public async Task A_fault_of_reading_the_file_is_not_blamed_on_the_API()
    {
        await using var server = await StubServer.AnsweringAsync(202, Job);
        using var client = ClientOf(server);

        var fault = await Assert.ThrowsAsync<IOException>(() =>
            client.CreateJobAsync(new CreateJobRequest { ModelId = "x" }, new Unreadable(), CancellationToken.None));

        Assert.Equal("The disk is gone.", fault.Message);
    }

    [Fact]
    public async Task A_problem_becomes_an_exception_with_its_code_detail_and_trace()
    {
        await using var server = await StubServer.AnsweringAsync(409,
            """{"error":"conflict","code":"JOB_OVER","detail":"The job is over.","trace_id":"4bf92f"}""", "application/problem+json");
        using var client = ClientOf(server);

        var problem = await Assert.ThrowsAsync<BatchApiException>(() => client.CancelJobAsync("a5b6c7d8", CancellationToken.None));

        Assert.Equal(HttpStatusCode.Conflict, problem.StatusCode);
        Assert.Equal("JOB_OVER", problem.Code);
        Assert.Equal("The job is over.", problem.Message);
        Assert.Equal("4bf92f", problem.TraceId);
    }

    [Fact]
    public async Task Every_route_is_asked_as_it_is_documented()
    {
        await using var server = await StubServer.AnsweringAsync(404, """{"code":"MODEL_NOT_FOUND"}""", "application/problem+json");
        using var client = ClientOf(server);
        var schema = new CreateModelRequest { Name = "m", Schema = JsonElement.Parse("""{"a":"String"}""") };
        var set = new Dictionary<string, string> { ["country"] = "CH", ["no te"] = "a=b&c" };
        var choice = new ReprocessRequest { Code = "NULL_VALUE", Column = "a", Set = set, Label = "l", MaxErrors = 0, IgnoreExtraColumns = false, Again = true };

        async Task<string> AskedAsync(Func<CancellationToken, Task> ask)
        {
            await Assert.ThrowsAsync<BatchApiException>(() => ask(CancellationToken.None));
            return $"{server.Method} {server.PathAndQuery}{(server.Body.Length > 0 ? $" {Encoding.UTF8.GetString(server.Body)}" : "")}";
        }

        Assert.Equal("GET /models", await AskedAsync(client.ListModelsAsync));
        Assert.Equal("GET /models/a%2Fb", await AskedAsync(end => client.GetModelAsync("a/b", end)));
        Assert.StartsWith("""POST /models {"name":"m","schema":{"a":"String"},""", await AskedAsync(end => client.CreateModelAsync(schema, end)));
        Assert.StartsWith("""PUT /models/m {"name":"m","schema":{"a":"String"},""", await AskedAsync(end => client.UpdateModelAsync("m", schema, end)));
        Assert.Equal("DELETE /models/m", await AskedAsync(end => client.DeleteModelAsync("m", false, end)));
        Assert.Equal("DELETE /models/m?drop_data=true", await AskedAsync(end => client.DeleteModelAsync("m", true, end)));
        Assert.Equal("GET /jobs?cursor=c%2B&model=m", await AskedAsync(end => client.ListJobsAsync(new JobQuery { Cursor = "c+", Model = "m" }, end)));
        Assert.Equal("GET /jobs/j", await AskedAsync(end => client.GetJobAsync("j", end)));
        Assert.Equal("DELETE /jobs/j", await AskedAsync(end => client.CancelJobAsync("j", end)));
        Assert.Equal("GET /jobs/j/rejected?limit=10&code=NULL_VALUE", await AskedAsync(end =>
            client.GetRejectedAsync("j", new RejectedQuery { Limit = 10, Code = "NULL_VALUE" }, end)));
        Assert.Equal("GET /jobs/j/rejected?format=ndjson&column=a", await AskedAsync(end =>
            client.ExportRejectedAsync("j", "ndjson", new RejectedQuery { Limit = 10, Column = "a" }, end)));
        Assert.Equal("GET /jobs/j/rejected/summary", await AskedAsync(end => client.GetRejectedSummaryAsync("j", end)));
        Assert.Equal("POST /jobs/j/reprocess", await AskedAsync(end => client.ReprocessAsync("j", end)));
        Assert.Equal("POST /jobs/j/reprocess?code=NULL_VALUE&column=a&label=l&max_errors=0&extra_columns=reject&again=true"
            + "&set=country%3DCH&set=no%20te%3Da%3Db%26c", await AskedAsync(end => client.ReprocessAsync("j", choice, end)));
        Assert.Equal("POST /jobs/j/reprocess?file_name=f.csv _row", await AskedAsync(end =>
            client.ReprocessFileAsync("j", new MemoryStream("_row"u8.ToArray()), "f.csv", null, end)));
        Assert.Equal("GET /jobs/j/verify", await AskedAsync(end => client.VerifyAsync("j", end)));
        Assert.Equal("GET /dead-letters?job=j", await AskedAsync(end => client.ListDeadLettersAsync(new DeadLetterQuery { Job = "j" }, end)));
        Assert.Equal("GET /dead-letters/j:17/rows", await AskedAsync(end => client.GetDeadLetterRowsAsync("j:17", end)));
        Assert.Equal("POST /dead-letters/j:17/retry", await AskedAsync(end => client.RetryDeadLetterAsync("j:17", end)));
        Assert.Equal("POST /schema?delimiter=%3B&format=clickhouse&evidence=true a", await AskedAsync(end => client.InferSchemaAsync(
            new MemoryStream("a"u8.ToArray()), new InferSchemaRequest { Delimiter = ';', Format = "clickhouse", Evidence = true }, end)));
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(202, false)]
    public async Task An_upload_tells_whether_its_job_was_there_before(int status, bool wasThere)
    {
        await using var server = await StubServer.AnsweringAsync(status, Job);
        using var client = ClientOf(server);

        var job = await client.CreateJobAsync(new CreateJobRequest { ModelId = "456a", Label = "l" }, new MemoryStream([1]), CancellationToken.None);

        Assert.Equal(wasThere, job.WasThere);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(3 << 20)]
    public async Task An_upload_of_any_size_carries_tenant_key_and_trace(int bytes)
    {
        await using var server = await StubServer.AnsweringAsync(202, Job);
        using var client = ClientOf(server, new BatchClientOptions { Tenant = "my_tenant", ApiKey = "secret" });
        using var activity = new Activity("upload").SetIdFormat(ActivityIdFormat.W3C).Start();

        await client.CreateJobAsync(new CreateJobRequest { ModelId = "456a" }, new MemoryStream(new byte[bytes]), CancellationToken.None);

        Assert.Equal(bytes, server.Body.Length);
        Assert.Equal(["my_tenant", "Bearer secret", "100-continue"],
            [server.Headers["X-Tenant-ID"].ToString(), server.Headers.Authorization.ToString(), server.Headers.Expect.ToString()]);
        Assert.Contains(activity.TraceId.ToHexString(), server.Headers.TraceParent.ToString());
    }

    [Theory]
    [InlineData("<html>Bad gateway</html>")]
    [InlineData("")]
    public async Task An_error_that_is_no_problem_document_still_tells_its_status(string body)
    {
        await using var server = await StubServer.AnsweringAsync(502, body, "text/html");
        using var client = ClientOf(server);

        var problem = await Assert.ThrowsAsync<BatchApiException>(() => client.ListModelsAsync(CancellationToken.None));

        Assert.Equal(HttpStatusCode.BadGateway, problem.StatusCode);
        Assert.Contains("502", problem.Message);
    }

    [Fact]
    public async Task A_success_that_is_not_the_APIs_is_reported()
    {
        await using var server = await StubServer.AnsweringAsync(200, "<html>Welcome</html>", "text/html");
        using var client = ClientOf(server);

        var problem = await Assert.ThrowsAsync<BatchApiException>(() => client.ListModelsAsync(CancellationToken.None));

        Assert.Equal("UNEXPECTED_ANSWER", problem.Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    public async Task A_success_without_a_body_is_reported(string body)
    {
        await using var server = await StubServer.AnsweringAsync(200, body);
        using var client = ClientOf(server);

        Assert.Equal("UNEXPECTED_ANSWER",
            (await Assert.ThrowsAsync<BatchApiException>(() => client.GetJobAsync("a5b6", CancellationToken.None))).Code);
        Assert.Equal("UNEXPECTED_ANSWER",
            (await Assert.ThrowsAsync<BatchApiException>(() => client.VerifyAsync("a5b6", CancellationToken.None))).Code);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(500)]
    public async Task An_answer_that_breaks_off_is_no_answer(int status)
    {
        await using var server = await StubServer.StartAsync(async (_, context) =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync("""{"job_id":""");
            await context.Response.Body.FlushAsync();
            context.Abort();
        });
        using var client = ClientOf(server);

        await Assert.ThrowsAsync<BatchUnreachableException>(() => client.GetJobAsync("a5b6", CancellationToken.None));
    }

    [Fact]
    public async Task No_answer_names_the_address()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        listener.Stop();
        using var client = new BatchClient(new BatchClientOptions { Address = address });

        var fault = await Assert.ThrowsAsync<BatchUnreachableException>(() => client.ListModelsAsync(CancellationToken.None));

        Assert.Equal(address.Port, fault.Address.Port);
    }

    [Fact]
    public async Task An_answer_that_does_not_come_in_time_is_no_answer()
    {
        await using var server = await StubServer.StartAsync((_, context) => Task.Delay(Timeout.Infinite, context.RequestAborted));
        using var client = ClientOf(server, new BatchClientOptions { Timeout = TimeSpan.FromMilliseconds(200) });

        var fault = await Assert.ThrowsAsync<BatchUnreachableException>(() => client.ListModelsAsync(CancellationToken.None));

        Assert.IsType<TimeoutException>(fault.InnerException);
    }

    [Fact]
    public async Task An_answer_that_does_not_end_in_time_is_no_answer()
    {
        await using var server = await StubServer.StartAsync(async (_, context) =>
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("[");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using var client = ClientOf(server, new BatchClientOptions { Timeout = TimeSpan.FromMilliseconds(500) });

        var fault = await Assert.ThrowsAsync<BatchUnreachableException>(() =>
            client.ListModelsAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));

        Assert.IsType<TimeoutException>(fault.InnerException);
    }

    [Fact]
    public async Task What_takes_as_long_as_the_job_is_not_bound_by_the_time_out()
    {
        await using var server = await StubServer.StartAsync(async (_, context) =>
        {
            await Task.Delay(1000, context.RequestAborted);
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(Job);
        });
        using var client = ClientOf(server, new BatchClientOptions { Timeout = TimeSpan.FromMilliseconds(200) });

        Assert.Equal(JobState.PartialSuccess, (await client.ReprocessAsync("a5b6", CancellationToken.None)).State);
    }

    [Fact]
    public async Task Cancelling_is_cancelling_and_not_an_unreachable_API()
    {
        await using var server = await StubServer.StartAsync((_, context) => Task.Delay(Timeout.Infinite, context.RequestAborted));
        using var client = ClientOf(server);
        using var cancel = new CancellationTokenSource(200);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.ListModelsAsync(cancel.Token));
    }

    [Fact]
    public async Task An_export_is_handed_over_while_it_is_still_being_written()
    {
        var rest = new TaskCompletionSource();
        await using var server = await StubServer.StartAsync(async (_, context) =>
        {
            await context.Response.WriteAsync("first\n");
            await context.Response.Body.FlushAsync();
            await rest.Task;
            await context.Response.WriteAsync("second\n");
        });
        using var client = ClientOf(server);

        await using var export = await client.ExportRejectedAsync("a5b6", "csv", CancellationToken.None);
        using var reader = new StreamReader(export);
        Assert.Equal("first", await reader.ReadLineAsync());
        rest.SetResult();
        Assert.Equal("second", await reader.ReadLineAsync());
        Assert.Equal("/jobs/a5b6/rejected?format=csv", server.PathAndQuery);
    }

    [Fact]
    public async Task Filters_are_sent_only_where_they_are_set()
    {
        await using var server = await StubServer.AnsweringAsync(200, """{"jobs":[],"next":null}""");
        using var client = ClientOf(server);

        await client.ListJobsAsync(new JobQuery(), CancellationToken.None);
        Assert.Equal("/jobs", server.PathAndQuery);

        await client.ListJobsAsync(new JobQuery { State = JobState.PartialSuccess, Limit = 5 }, CancellationToken.None);
        Assert.Equal("/jobs?limit=5&state=PARTIAL_SUCCESS", server.PathAndQuery);
    }

    sealed class Sent : IProgress<long>
    {
        public long Bytes { get; private set; }
        public void Report(long value) => Bytes = value;
    }

    abstract class ReadOnlyStream : Stream
    {
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

    sealed class Endless : ReadOnlyStream
    {
        public long BytesRead { get; private set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            BytesRead += count;
            return count;
        }
    }

    sealed class Unreadable : ReadOnlyStream
    {
        public override int Read(byte[] buffer, int offset, int count) => throw new IOException("The disk is gone.");
    }
}
