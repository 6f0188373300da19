using System.Diagnostics;
using Batch.Core.Telemetry;
using Batch.Standalone;
using Batch.Tests.Telemetry;
using Xunit;

namespace Batch.Tests.Deployment;

/// <summary>The real dashboard, where npm is there to fetch it or it has been fetched before.</summary>
public sealed class AspireDashboardTests
{
    [SkippableFact]
    public async Task Dashboard_takes_the_telemetry_of_a_host_and_ends_with_its_owner()
    {
        await using var dashboard = await StartAsync();
        var service = await ServiceProcess.StartAsync(settings:
            [.. dashboard.Settings.Select(setting => (setting.Key, setting.Value!)), ("OTEL_SERVICE_NAME", "seen-in-the-dashboard")]);
        using (BatchTelemetry.Source.StartActivity("a span of this test"))
            JobMetrics.Created();
        await service.DisposeAsync();

        using var http = new HttpClient();
        var traces = await http.GetStringAsync(new Uri(dashboard.Url, "/api/telemetry/traces"));
        Assert.Contains("a span of this test", traces);
        Assert.Contains("seen-in-the-dashboard", traces);

        await dashboard.DisposeAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(dashboard.Url));
    }

    [SkippableFact]
    public async Task Dashboard_ends_when_its_owners_pipe_breaks()
    {
        await using var dashboard = await StartAsync();
        using var http = new HttpClient();
        (await http.GetAsync(new Uri(dashboard.Url, "/health"))).Dispose();
        // What the kernel does when the owner is killed.
        dashboard.BreakPipe();
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                (await http.GetAsync(new Uri(dashboard.Url, "/health"))).Dispose();
                Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20), "The dashboard still answers.");
                await Task.Delay(100);
            }
            catch (HttpRequestException)
            {
                return;
            }
        }
    }

    [Fact]
    public async Task Cli_that_is_not_where_it_should_be_is_said_by_its_path()
    {
        var fault = await Assert.ThrowsAsync<AspireDashboardException>(() =>
            AspireDashboard.StartAsync(new AspireDashboardOptions { CliPath = "/nowhere/aspire" }, null, default));
        Assert.Contains("/nowhere/aspire", fault.Message);
    }

    [Fact]
    public async Task Cli_that_fails_is_quoted()
    {
        var folder = Directory.CreateTempSubdirectory("batch-dashboard-");
        try
        {
            var cli = Path.Combine(folder.FullName, "aspire");
            await File.WriteAllTextAsync(cli, "#!/bin/sh\necho 'the port is taken' >&2\nexit 3\n");
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(cli, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            var fault = await Assert.ThrowsAsync<AspireDashboardException>(() =>
                AspireDashboard.StartAsync(new AspireDashboardOptions { CliPath = cli, Directory = folder.FullName, Port = 0 }, null, default));
            Assert.Contains("the port is taken", fault.Message);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static async Task<AspireDashboard> StartAsync()
    {
        try
        {
            return await AspireDashboard.StartAsync(new AspireDashboardOptions { Port = 0 }, null, default);
        }
        catch (AspireDashboardException exception) when (exception.Message.Contains("npm", StringComparison.Ordinal))
        {
            Skip.If(true, exception.Message);
            throw;
        }
    }
}
