using System.Net;
using System.Net.Sockets;
using Batch.Client;
using Microsoft.AspNetCore.Http;
using static Batch.Tests.Client.StubAnswers;

namespace Batch.Tests.Client;

/// <summary>What the client makes of answers: problems, such as are none of the API's, and those that do not come.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class BatchClientAnswerTests
{
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
        // Bound, so that nobody else gets the port, and not listening.
        using var held = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        held.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var address = new Uri($"http://127.0.0.1:{((IPEndPoint)held.LocalEndPoint!).Port}");
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
}
