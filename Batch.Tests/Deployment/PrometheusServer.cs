using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Batch.AppHost;

namespace Batch.Tests.Deployment;

/// <summary>A real Prometheus that scrapes an API and its workers every second. Debian's package <c>prometheus</c>.</summary>
sealed class PrometheusServer : IAsyncDisposable
{
    public const string Program = "/usr/bin/prometheus";

    readonly Process _process;
    readonly DirectoryInfo _folder;
    readonly HttpClient _http;

    PrometheusServer(Process process, DirectoryInfo folder, HttpClient http) => (_process, _folder, _http) = (process, folder, http);

    public static async Task<PrometheusServer> StartAsync(Uri api, IEnumerable<Uri> workers)
    {
        var folder = Directory.CreateTempSubdirectory("batch-prometheus-");
        var config = Path.Combine(folder.FullName, "prometheus.yml");
        await File.WriteAllTextAsync(config, $"""
            global:
              scrape_interval: 1s
            scrape_configs:
              - job_name: api
                static_configs:
                  - targets: ["{api.Authority}"]
              - job_name: worker
                static_configs:
                  - targets: [{string.Join(", ", workers.Select(worker => $"\"{worker.Authority}\""))}]
            """);
        var port = Ports.Free();
        var process = Process.Start(new ProcessStartInfo(Program,
        [
            $"--config.file={config}", $"--storage.tsdb.path={folder.FullName}/data", $"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
        ]))!;
        var server = new PrometheusServer(process,
            folder, new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(10) });
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var ready = await server._http.GetAsync("/-/ready");
                if (ready.IsSuccessStatusCode)
                    return server;
            }
            catch (HttpRequestException) when (attempt < 100)
            {
                // Not yet.
            }

            Assert.True(attempt < 100, "Prometheus did not start.");
            await Task.Delay(100);
        }
    }

    /// <summary>Whether a query finds numbers; one that Prometheus does not understand fails the test.</summary>
    public async Task<bool> HasAnswerAsync(string query)
    {
        using var response = await _http.GetAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}");
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{query}: {body}");
        using var answer = JsonDocument.Parse(body);
        return answer.RootElement.GetProperty("data").GetProperty("result").EnumerateArray()
            .Any(series => series.GetProperty("value")[1].GetString() is not ("NaN" or null));
    }

    /// <summary>Returns once it has scraped after that moment. The first scrape may be five seconds off: so often it looks which targets there are.</summary>
    public async Task ScrapesAsync(DateTimeOffset since)
    {
        var query = string.Create(CultureInfo.InvariantCulture, $"timestamp(up == 1) > {since.ToUnixTimeMilliseconds() / 1000.0:f3}");
        for (var deadline = DateTime.UtcNow.AddSeconds(30); !await HasAnswerAsync(query); await Task.Delay(200))
            Assert.True(DateTime.UtcNow < deadline, "Prometheus did not scrape within 30 seconds.");
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }
}
