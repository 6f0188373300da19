using Batch.ServiceDefaults.Discovery;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Batch.Tests.Telemetry;

public sealed class ServiceEndpointsTests
{
    static ServiceEndpoints With(params (string Key, string Value)[] settings) => new(new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build());

    [Theory]
    [InlineData("http://api/jobs?state=RUNNING", "http://localhost:5123/jobs?state=RUNNING")]
    [InlineData("http://API/jobs", "http://localhost:5123/jobs")]
    [InlineData("https+http://api/", "http://localhost:5123/")]
    [InlineData("https://api/", "https://api/")]
    [InlineData("https+http://both/", "https://localhost:7002/")]
    [InlineData("http://both/", "http://localhost:5002/")]
    [InlineData("http://_metrics.worker/metrics", "http://localhost:9090/metrics")]
    [InlineData("http://bare/x", "http://10.0.0.7:80/x")]
    [InlineData("http://single/x", "http://localhost:6000/x")]
    [InlineData("http://example.com:8080/x", "http://example.com:8080/x")]
    [InlineData("https+http://nobody/", "https://nobody/")]
    [InlineData("http://127.0.0.1:8123/", "http://127.0.0.1:8123/")]
    public void Name_is_replaced_by_the_address_that_the_app_host_gave(string named, string expected)
    {
        var endpoints = With(
            ("services:api:http:0", "http://localhost:5123"),
            ("services:both:http:0", "http://localhost:5002"), ("services:both:https:0", "https://localhost:7002"),
            ("services:worker:metrics:0", "http://localhost:9090"),
            ("services:bare:http:0", "10.0.0.7:80"),
            ("services:single:http", "http://localhost:6000"));
        Assert.Equal(new Uri(expected), endpoints.Resolve(new Uri(named)));
    }

    [Fact]
    public void Several_addresses_take_turns()
    {
        var endpoints = With(("services:api:http:0", "http://a:1"), ("services:api:http:1", "http://b:2"), ("services:api:http:2", "http://c:3"));
        var hosts = Enumerable.Range(0, 9).Select(_ => endpoints.Resolve(new Uri("http://api/")).Host).ToList();
        Assert.All(hosts.CountBy(host => host), host => Assert.Equal(3, host.Value));
        Assert.Equal(3, hosts.Distinct().Count());
    }

    [Fact]
    public void Address_that_is_none_is_reported_with_the_name_of_the_service()
    {
        var fault = Assert.Throws<InvalidOperationException>(() => With(("services:api:http:0", "http://:bad:")).Resolve(new Uri("http://api/")));
        Assert.Contains("'api'", fault.Message);
    }

    [Fact]
    public async Task Clients_of_the_factory_find_services_by_name()
    {
        await using var api = await ServiceProcess.StartAsync(map: app => app.MapGet("/who", () => "the api"));
        await using var caller = await ServiceProcess.StartAsync(settings: ("services:api:http:0", api.Http.BaseAddress!.ToString()));
        var client = caller.Services.GetRequiredService<IHttpClientFactory>().CreateClient();
        Assert.Equal("the api", await client.GetStringAsync("https+http://api/who"));
    }
}
