using Batch.Tests.Deployment;
using Microsoft.Playwright;

namespace Batch.Tests.EndToEnd.AppHost;

/// <summary>The Aspire dashboard as a person sees it, in Debian's Chromium.</summary>
/// <remarks>Leaves the README's pictures in artifacts/screenshots, or in the folder that <c>BATCH_SCREENSHOTS</c> names.</remarks>
[Collection("observed system")]
[Trait("Tier", "system")]
public sealed class DashboardBrowserTests(ObservedSystem observed)
{
    const string Chromium = "/usr/bin/chromium";

    // It runs as root in CI, where its sandbox does not; the rest keeps it from calling anybody.
    static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    [SkippableFact]
    public async Task A_person_sees_log_ClickHouse_api_and_each_worker_running()
    {
        Tool.Require(Chromium);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = Arguments });
        var page = await browser.NewPageAsync(new() { ViewportSize = new() { Width = 1440, Height = 520 }, ColorScheme = ColorScheme.Dark });
        // No login in between.
        await page.GotoAsync(observed.Dashboard.Page.ToString());
        foreach (var (resource, processes) in new[] { (": log Running", 1), (": clickhouse Running", 1), (": api Running", 1), (": worker-", 2) })
            await Assertions.Expect(page.GetByRole(AriaRole.Row, new() { Name = resource })).ToHaveCountAsync(processes, new() { Timeout = 30_000 });

        await page.Mouse.MoveAsync(0, 0);
        var picture = await page.ScreenshotAsync(new() { Path = Path.Combine(Folder, "aspire-dashboard-resources.png") });
        Assert.True(picture.Length > 20_000, $"A picture of {picture.Length} bytes shows nothing.");
    }

    static string Folder =>
        Environment.GetEnvironmentVariable("BATCH_SCREENSHOTS") is { Length: > 0 } given ? given : Repository.File("artifacts", "screenshots");

    [SkippableFact]
    public async Task A_person_finds_the_trace_of_a_job_and_sees_upload_chunk_and_insert()
    {
        Tool.Require(Chromium);
        var dashboard = observed.Dashboard;
        var trace = await dashboard.TraceOfAsync("submit several chunks.csv", spans =>
            spans.Any(span => span.Name == "POST /jobs") &&
            spans.Count(span => span.Name.StartsWith("insert data_", StringComparison.Ordinal))
                >= spans.Count(span => span.Name.StartsWith("append ", StringComparison.Ordinal)));

        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = Arguments });
        var page = await browser.NewPageAsync(new() { ViewportSize = new() { Width = 1440, Height = 1000 }, ColorScheme = ColorScheme.Dark });
        await page.GotoAsync(new Uri(dashboard.Page, "/traces").ToString());
        await page.GetByText("submit several chunks.csv").First.ClickAsync();

        // Each line is named after service and span.
        foreach (var line in (string[])
            ["cli: submit several chunks.csv", "api: POST /jobs", "api: upload", "api: append batch.chunks", ": chunk batch.chunks", ": validate", ": insert data_"])
            await Assertions.Expect(page.GetByRole(AriaRole.Row, new() { Name = line }).First).ToBeVisibleAsync(new() { Timeout = 15_000 });
        Assert.Equal(2, trace.Where(span => span.Service == "worker").Select(span => span.Instance).Distinct().Count());

        await page.Mouse.MoveAsync(0, 0);
        var picture = await page.ScreenshotAsync(new() { Path = Path.Combine(Folder, "aspire-dashboard-trace.png") });
        Assert.True(picture.Length > 20_000, $"A picture of {picture.Length} bytes shows nothing.");

        // Metrics and logs are there as well.
        await page.GotoAsync(new Uri(dashboard.Page, "/structuredlogs").ToString());
        await Assertions.Expect(page.GetByText($"Job {observed.Jobs["mixed.csv"].JobId}").First).ToBeVisibleAsync(new() { Timeout = 15_000 });
        await page.GotoAsync(new Uri(dashboard.Page, "/metrics/resource/api").ToString());
        await Assertions.Expect(page.GetByText("batch.jobs.created").First).ToBeVisibleAsync(new() { Timeout = 15_000 });
    }
}
