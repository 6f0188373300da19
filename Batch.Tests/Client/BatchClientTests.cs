using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using Batch.Client;
using Microsoft.AspNetCore.Http;
using static Batch.Tests.Client.StubAnswers;

namespace Batch.Tests.Client;

[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class BatchClientTests
{
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
            ModelId = "456a", FileName = "day 1&2.csv", Label = "día", Dialect = new() { Delimiter = "\t" }, IgnoreExtraColumns = true,
            MaxErrors = 5, Progress = sent,
        }, new MemoryStream(file), CancellationToken.None);

        Assert.Equal(file, server.Body);
        Assert.Equal("text/csv", server.Headers.ContentType);
        Assert.Equal("/jobs?model_id=456a&file_name=day%201%262.csv&label=d%C3%ADa&extra_columns=ignore&delimiter=tab&max_errors=5",
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
    public async Task Every_route_is_asked_as_it_is_documented()
    {
        await using var server = await StubServer.AnsweringAsync(404, """{"code":"MODEL_NOT_FOUND"}""", "application/problem+json");
        using var client = ClientOf(server);
        var schema = new CreateModelRequest { Name = "m", Schema = JsonElement.Parse("""{"a":"String"}""") };
        var set = new Dictionary<string, string> { ["country"] = "CH", ["no te"] = "a=b&c" };
        var choice =
            new ReprocessRequest { Code = "NULL_VALUE", Column = "a", Set = set, Label = "l", MaxErrors = 0, IgnoreExtraColumns = false, Again = true };

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
