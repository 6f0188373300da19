using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Batch.Core.Log;
using Batch.ServiceDefaults.Health;
using Batch.Tests.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Xunit;

namespace Batch.Tests.Deployment;

/// <summary>A real Prometheus scrapes a service and answers the dashboard's queries. Needs Debian's package <c>prometheus</c>.</summary>
public sealed class PrometheusScrapeTests
{
    [SkippableFact]
    public async Task Every_query_of_the_dashboard_has_an_answer()
    {
        Skip.IfNot(File.Exists("/usr/bin/prometheus"), "prometheus is not installed.");
        await using var service = await ServiceProcess.StartAsync(
            builder =>
            {
                builder.Services.AddHealthChecks().AddDependency("clickhouse", (_, _) => Task.CompletedTask);
                builder.Services.Configure<HealthCheckPublisherOptions>(options => options.Delay = TimeSpan.Zero);
            },
            app => app.MapGet("/jobs", () => "[]"));
        await using var prometheus = await Server.StartAsync(service.Http.BaseAddress!);

        using var lag = LogMetrics.ObserveLag(() => [LogMetrics.Measure(7, new LogPartition("chunks", 0), "batch-workers")]);

        // Two scrapes and measurements between them: a rate needs both.
        var silent = MonitoringTests.Queries().ToList();
        var started = Stopwatch.GetTimestamp();
        while (silent.Count > 0 && Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(40))
        {
            DomainInstrumentTests.TouchAndExport();
            await service.Http.GetStringAsync("/jobs");
            await Task.Delay(500);
            var answered = new List<(string, string)>();
            foreach (var query in silent)
            {
                if (await prometheus.HasAnswerAsync(query.Query))
                    answered.Add(query);
            }

            silent.RemoveAll(answered.Contains);
        }

        Assert.Empty(silent.Select(query => $"{query.Panel}: {query.Query}"));
    }

    sealed class Server : IAsyncDisposable
    {
        readonly Process _process;
        readonly DirectoryInfo _folder;
        readonly HttpClient _http;

        Server(Process process, DirectoryInfo folder, HttpClient http) => (_process, _folder, _http) = (process, folder, http);

        public static async Task<Server> StartAsync(Uri target)
        {
            var folder = Directory.CreateTempSubdirectory("batch-prometheus-");
            var config = Path.Combine(folder.FullName, "prometheus.yml");
            await File.WriteAllTextAsync(config, $"""
                global:
                  scrape_interval: 1s
                scrape_configs:
                  - job_name: worker
                    static_configs:
                      - targets: ["{target.Authority}"]
                """);
            var port = FreePort();
            var process = Process.Start(new ProcessStartInfo("/usr/bin/prometheus",
            [
                $"--config.file={config}", $"--storage.tsdb.path={folder.FullName}/data", $"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
            ]))!;
            var server = new Server(process, folder, new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(10) });
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

        public async ValueTask DisposeAsync()
        {
            _http.Dispose();
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
            _folder.Delete(recursive: true);
        }

        static int FreePort()
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
    }
}
