using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly.CircuitBreaker;

namespace Batch.Tests.Telemetry;

/// <summary>What every HTTP client of a service does by itself: finds services by name, and sends again what may be sent again.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class HttpClientDefaultsTests
{
    [Theory]
    [InlineData("https+http://api/who", "services:api:http:0")]
    [InlineData("http://api/who", "services:api:http:0")]
    [InlineData("http://_internal.api/who", "services:api:internal:0")]
    public async Task Services_are_found_by_the_names_that_the_app_host_gave_them(string named, string setting)
    {
        await using var api = await ServiceProcess.StartAsync(map: app => app.MapGet("/who", () => "the api"));
        await using var caller = await ServiceProcess.StartAsync(settings: (setting, api.Http.BaseAddress!.ToString()));
        Assert.Equal("the api", await Client(caller).GetStringAsync(named));
    }

    [Fact]
    public async Task Plain_addresses_are_left_as_they_are()
    {
        await using var service = await ServiceProcess.StartAsync(map: app => app.MapGet("/who", () => "here"));
        Assert.Equal("here", await Client(service).GetStringAsync(new Uri(service.Http.BaseAddress!, "/who")));
    }

    [Theory]
    [InlineData("GET", 3)]
    [InlineData("HEAD", 3)]
    [InlineData("POST", 1)]
    [InlineData("PUT", 1)]
    [InlineData("DELETE", 1)]
    public async Task Only_what_changes_nothing_is_sent_again(string method, int calls)
    {
        var server = new Server(HttpStatusCode.ServiceUnavailable, HttpStatusCode.BadGateway, HttpStatusCode.OK);
        await using var service = await StartAsync(server);
        using var response = await Client(service).SendAsync(new HttpRequestMessage(new HttpMethod(method), "http://dependency/x"));
        Assert.Equal((calls == 3 ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable, calls), (response.StatusCode, server.Calls));
    }

    [Fact]
    public async Task An_upload_may_take_as_long_as_its_file_is_large_and_a_question_may_not()
    {
        var server = new Server(HttpStatusCode.OK) { Delay = TimeSpan.FromMilliseconds(500) };
        await using var service = await StartAsync(server, options =>
        {
            options.Retry.MaxRetryAttempts = 1;
            options.AttemptTimeout.Timeout = TimeSpan.FromMilliseconds(100);
            options.TotalRequestTimeout.Timeout = TimeSpan.FromMilliseconds(250);
        });
        using var uploaded = await Client(service).PostAsync("http://dependency/jobs", new StringContent("rows"));
        Assert.Equal(HttpStatusCode.OK, uploaded.StatusCode);
        await Assert.ThrowsAsync<Polly.Timeout.TimeoutRejectedException>(() => Client(service).GetAsync("http://dependency/jobs"));
    }

    [Fact]
    public async Task A_sick_host_is_left_alone_for_a_while_and_no_other_is()
    {
        var server = new Server(HttpStatusCode.ServiceUnavailable);
        await using var service = await StartAsync(server, options =>
        {
            options.CircuitBreaker.MinimumThroughput = 5;
            options.Retry.MaxRetryAttempts = 4;
        });
        await Assert.ThrowsAsync<BrokenCircuitException>(async () =>
        {
            for (var i = 0; i < 3; i++)
                (await Client(service).GetAsync("http://dependency/x")).Dispose();
        });
        var calls = server.Calls;
        (await Client(service).PostAsync("http://other/x", null)).Dispose();
        Assert.Equal(calls + 1, server.Calls);
    }

    static HttpClient Client(ServiceProcess service) => service.Services.GetRequiredService<IHttpClientFactory>().CreateClient();

    static Task<ServiceProcess> StartAsync(Server server, Action<HttpStandardResilienceOptions>? configure = null) => ServiceProcess.StartAsync(builder =>
    {
        builder.Services.ConfigureHttpClientDefaults(client => client.ConfigurePrimaryHttpMessageHandler(() => server));
        builder.Services.ConfigureAll<HttpStandardResilienceOptions>(options =>
        {
            options.Retry.Delay = TimeSpan.FromMilliseconds(1);
            configure?.Invoke(options);
        });
    });

    /// <summary>Answers with each status in turn, and with the last one from then on.</summary>
    sealed class Server(params HttpStatusCode[] answers) : HttpMessageHandler
    {
        int _calls;

        public int Calls => _calls;
        public TimeSpan Delay { get; init; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var call = Interlocked.Increment(ref _calls) - 1;
            await Task.Delay(Delay, cancellationToken);
            return new HttpResponseMessage(answers[Math.Min(call, answers.Length - 1)]) { RequestMessage = request };
        }
    }
}
