using System.Net;
using System.Text;
using Batch.ServiceDefaults.Resilience;
using Microsoft.Extensions.Options;
using Xunit;

namespace Batch.Tests.Telemetry;

public sealed class ResilienceTests
{
    static readonly Uri Target = new("http://dependency/x");

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task Idempotent_request_is_repeated_until_it_succeeds(string method)
    {
        var server = new Server(HttpStatusCode.ServiceUnavailable, HttpStatusCode.BadGateway, HttpStatusCode.OK);
        using var response = await Client(server).SendAsync(new HttpRequestMessage(new HttpMethod(method), Target), default);
        Assert.Equal((HttpStatusCode.OK, 3), (response.StatusCode, server.Calls));
    }

    [Fact]
    public async Task Put_with_a_body_in_memory_sends_the_whole_body_again()
    {
        var server = new Server(HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK);
        using var response = await Client(server).SendAsync(new HttpRequestMessage(HttpMethod.Put, Target) { Content = new StringContent("body") }, default);
        Assert.Equal(["body", "body"], server.Bodies);
    }

    [Fact]
    public async Task Post_is_never_repeated()
    {
        var server = new Server(HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK);
        using var response = await Client(server).SendAsync(new HttpRequestMessage(HttpMethod.Post, Target), default);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, 1), (response.StatusCode, server.Calls));
    }

    [Fact]
    public async Task Body_that_can_be_read_only_once_is_sent_once()
    {
        var server = new Server(HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK);
        var content = new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes("once")));
        using var response = await Client(server).SendAsync(new HttpRequestMessage(HttpMethod.Put, Target) { Content = content }, default);
        Assert.Equal(1, server.Calls);
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound)]
    [InlineData(HttpStatusCode.BadRequest)]
    [InlineData(HttpStatusCode.NotImplemented)]
    public async Task Answer_that_another_attempt_would_not_better_is_taken(HttpStatusCode status)
    {
        var server = new Server(status, HttpStatusCode.OK);
        using var response = await Client(server).SendAsync(new HttpRequestMessage(HttpMethod.Get, Target), default);
        Assert.Equal((status, 1), (response.StatusCode, server.Calls));
    }

    [Fact]
    public async Task Last_answer_is_given_when_all_attempts_fail()
    {
        var server = new Server(HttpStatusCode.ServiceUnavailable);
        using var response = await Client(server, o => o.MaxRetries = 2).SendAsync(new HttpRequestMessage(HttpMethod.Get, Target), default);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, 3), (response.StatusCode, server.Calls));
    }

    [Fact]
    public async Task Breaker_opens_for_a_sick_host_and_only_for_it()
    {
        var server = new Server(HttpStatusCode.ServiceUnavailable);
        var client = Client(server, o =>
        {
            o.MaxRetries = 0;
            o.BreakerMinimumThroughput = 5;
            o.BreakerPause = TimeSpan.FromMinutes(1);
        });
        for (var i = 0; i < 5; i++)
            (await client.SendAsync(new HttpRequestMessage(HttpMethod.Get, Target), default)).Dispose();
        var fault = await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(new HttpRequestMessage(HttpMethod.Get, Target), default));
        Assert.Contains("dependency", fault.Message);
        Assert.Equal(5, server.Calls);

        (await client.SendAsync(new HttpRequestMessage(HttpMethod.Get, new Uri("http://other/")), default)).Dispose();
        Assert.Equal(6, server.Calls);
    }

    [Fact]
    public async Task Breaker_closes_again_when_the_host_has_recovered()
    {
        var server = new Server(HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK);
        var client = Client(server, o =>
        {
            o.MaxRetries = 0;
            o.BreakerMinimumThroughput = 2;
            o.BreakerPause = TimeSpan.FromMilliseconds(500);
        });
        for (var i = 0; i < 2; i++)
            (await client.SendAsync(new HttpRequestMessage(HttpMethod.Get, Target), default)).Dispose();
        await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(new HttpRequestMessage(HttpMethod.Get, Target), default));
        await Task.Delay(700);
        using var response = await client.SendAsync(new HttpRequestMessage(HttpMethod.Get, Target), default);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Attempt_that_hangs_is_timed_out_and_the_caller_sees_an_http_fault()
    {
        var server = new Server { Hangs = true };
        var fault = await Assert.ThrowsAsync<HttpRequestException>(() => Client(server, o =>
        {
            o.MaxRetries = 1;
            o.AttemptTimeout = TimeSpan.FromMilliseconds(50);
        }).SendAsync(new HttpRequestMessage(HttpMethod.Get, Target), default));
        Assert.Contains("0.05 s", fault.Message);
        Assert.Equal(2, server.Calls);
    }

    [Fact]
    public async Task Callers_cancellation_ends_the_attempts()
    {
        var server = new Server { Hangs = true };
        using var cancel = new CancellationTokenSource(50);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            Client(server).SendAsync(new HttpRequestMessage(HttpMethod.Get, Target), cancel.Token));
        Assert.Equal(1, server.Calls);
    }

    static HttpMessageInvoker Client(Server server, Action<ResilienceOptions>? configure = null)
    {
        var options = new ResilienceOptions { RetryDelay = TimeSpan.FromMilliseconds(1) };
        configure?.Invoke(options);
        var handler = new ResiliencePipelines(Options.Create(options), TimeProvider.System).CreateHandler();
        handler.InnerHandler = server;
        return new HttpMessageInvoker(handler);
    }

    /// <summary>Answers with each status in turn, and with the last one from then on.</summary>
    sealed class Server(params HttpStatusCode[] answers) : HttpMessageHandler
    {
        public int Calls { get; private set; }
        public bool Hangs { get; init; }
        public List<string> Bodies { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var call = Calls++;
            if (request.Content is not null)
                Bodies.Add(await request.Content.ReadAsStringAsync(cancellationToken));
            if (Hangs)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            return new HttpResponseMessage(answers[Math.Min(call, answers.Length - 1)]);
        }
    }
}
