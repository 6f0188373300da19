using Batch.Core.ClickHouse;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace Batch.Tests.ClickHouse;

public sealed class ClickHouseConnectionStringTests
{
    [Theory]
    [InlineData("http://h:8123", "http://h:8123", null, null, "default")]
    [InlineData("http://u:p%40ss@h:1/d", "http://h:1", "u", "p@ss", "d")]
    [InlineData("https://h", "https://h", null, null, "default")]
    [InlineData("Host=h;Port=9;Username=u;Password=p;Database=d", "http://h:9", "u", "p", "d")]
    [InlineData("Host=h;Protocol=https", "https://h:8443", null, null, "default")]
    [InlineData("Server=h;User=u;Password='a;b'", "http://h:8123", "u", "a;b", "default")]
    [InlineData("Endpoint=http://h:7;Username=u;Password=p", "http://h:7", "u", "p", "default")]
    public void Every_form_is_understood(string text, string url, string? user, string? password, string database)
    {
        var options = Bind(text);
        Assert.Equal(new Uri(url), new Uri(options.Url));
        Assert.Equal((user, password, database), (options.User, options.Password, options.Database));
    }

    [Theory]
    [InlineData("secret")]
    [InlineData("Password=secret")]
    public void Anything_else_is_refused_without_repeating_it(string text)
    {
        var fault = Assert.Throws<FormatException>(() => Bind(text));
        Assert.DoesNotContain("secret", fault.Message, StringComparison.Ordinal);
    }

    static ClickHouseOptions Bind(string text)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["ConnectionStrings:clickhouse"] = text, ["ClickHouse:Url"] = "http://other:1" }).Build();
        using var services = new ServiceCollection().AddClickHouse(configuration).BuildServiceProvider();
        return services.GetRequiredService<IOptions<ClickHouseOptions>>().Value;
    }
}
