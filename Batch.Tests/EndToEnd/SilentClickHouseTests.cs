using System.Net;
using Batch.Tests.EmbeddedClickHouse;
using Batch.Tests.EndToEnd.Cluster;

namespace Batch.Tests.EndToEnd;

/// <summary>A ClickHouse that hangs: it keeps its connections and answers nothing.</summary>
[Trait("Tier", "system")]
[Collection(OneAtATime.Name)]
public sealed class SilentClickHouseTests
{
    [Fact]
    public async Task While_ClickHouse_hangs_reads_are_503_long_before_their_timeout_and_the_API_still_stops()
    {
        using var clickHouse = await ClickHouseProcess.StartAsync();
        using var api = new ServiceProcess("Batch.Api.dll", new Dictionary<string, string>
        {
            ["KAFKA_BOOTSTRAP"] = "127.0.0.1:1",
            ["ConnectionStrings__clickhouse"] = clickHouse.Url,
            ["ClickHouse__SilenceSeconds"] = "2",
            // Whoever waited for it would not come back within the time of this client.
            ["ClickHouse__TimeoutSeconds"] = "3600",
        });
        using var http = new HttpClient { BaseAddress = api.Address, Timeout = TimeSpan.FromMinutes(2) };
        await api.StartAsync();
        await UntilAsync(http, HttpStatusCode.OK);

        clickHouse.Freeze();
        try
        {
            await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => IsRefusedAsync(http, "/jobs")));
            await IsRefusedAsync(http, "/models");
            using var upload = await http.PostAsync("/jobs?model_id=any", new StringContent("a\n1\n", null, "text/csv"));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, upload.StatusCode);
        }
        finally
        {
            clickHouse.Thaw();
        }
        await UntilAsync(http, HttpStatusCode.OK);

        clickHouse.Freeze();
        try
        {
            Assert.Equal(0, await api.StopAsync());
        }
        finally
        {
            clickHouse.Thaw();
        }
    }

    static async Task IsRefusedAsync(HttpClient http, string path)
    {
        using var answer = await http.GetAsync(path);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.ServiceUnavailable, text);
        Assert.Contains("has answered nothing for 2 s", text);
    }

    static async Task UntilAsync(HttpClient http, HttpStatusCode wanted)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(60); ; await Task.Delay(100))
        {
            using var answer = await http.GetAsync("/jobs");
            if (answer.StatusCode == wanted)
                return;
            Assert.True(DateTime.UtcNow < deadline, await answer.Content.ReadAsStringAsync());
        }
    }
}
