using Batch.Core.ClickHouse;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Batch.Tests.ClickHouse;

[Trait("Tier", "unit")]
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
    [InlineData("Host=h;Password=;Protocol=HTTP", "http://h:8123", null, null, "default")]
    [InlineData("Host=[::1];uid=u;PWD=p", "http://[::1]:8123", "u", "p", "default")]
    public void Every_form_is_understood(string text, string url, string? user, string? password, string database)
    {
        var options = Bind(text);
        Assert.Equal(new Uri(url), new Uri(options.Url));
        Assert.Equal((user, password, database), (options.User, options.Password, options.Database));
    }

    [Theory]
    [InlineData("Host=h;Pasword=secret", "number 2")]
    [InlineData("Host=h;Password=pa;secret=1", "quotes")]
    [InlineData("Host=h;Compression=secret", "key")]
    [InlineData("secret", "URL")]
    [InlineData("Password=secret", "no Host")]
    [InlineData("Host=secret secret", "Host")]
    [InlineData("Host=h;Port=secret", "Port")]
    [InlineData("Host=h;Port=65536;Password=secret", "Port")]
    [InlineData("Host=h;Protocol=secret", "Protocol")]
    [InlineData("Endpoint=h:8123;Password=secret", "URL")]
    [InlineData("http://u:secret@h:port", "%40")]
    [InlineData("http://u:secret@h/?database=d", "path")]
    public void Anything_else_is_refused_in_a_sentence_that_does_not_repeat_it(string text, string hint)
    {
        var sentence = Assert.Single(Assert.Throws<OptionsValidationException>(() => Bind(text)).Failures);
        Assert.StartsWith("ConnectionStrings:clickhouse ", sentence, StringComparison.Ordinal);
        Assert.Contains(hint, sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ftp://h", null)]
    [InlineData("http://u:secret@h", null)]
    [InlineData("http://h/?password=secret", null)]
    [InlineData("localhost:8123", null)]
    [InlineData("http://h", "a:secret")]
    public void Settings_that_would_be_used_wrongly_are_refused(string url, string? user)
    {
        var fault = Assert.Throws<OptionsValidationException>(() => Bind(null, url, user));
        Assert.DoesNotContain("secret", fault.Message, StringComparison.Ordinal);
    }

    static ClickHouseOptions Bind(string? text, string url = "http://other:1", string? user = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:clickhouse"] = text,
            ["ClickHouse:Url"] = url,
            ["ClickHouse:User"] = user,
        }).Build();
        using var services = new ServiceCollection().AddClickHouse(configuration).BuildServiceProvider();
        return services.GetRequiredService<IOptions<ClickHouseOptions>>().Value;
    }
}
