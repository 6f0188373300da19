using System.Diagnostics;
using Batch.Tests.Deployment;

namespace Batch.Tests.Telemetry;

/// <summary>Asks Prometheus itself. Needs Debian's package <c>prometheus</c>; counted as skipped without it.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class PromtoolTests
{
    [SkippableFact]
    public async Task Prometheus_accepts_the_page_and_has_nothing_to_say_of_our_metrics()
    {
        Tool.Require("/usr/bin/promtool");
        await using var service = await DomainInstrumentTests.StartAsync();
        var page = await DomainInstrumentTests.TouchAsync(service);

        using var promtool = Process.Start(new ProcessStartInfo("/usr/bin/promtool", ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        await promtool.StandardInput.BaseStream.WriteAsync(page);
        promtool.StandardInput.Close();
        var said = await promtool.StandardError.ReadToEndAsync() + await promtool.StandardOutput.ReadToEndAsync();
        await promtool.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));

        // 3: read, with remarks on style. They concern the runtime's own names, which are not ours to choose.
        Assert.True(promtool.ExitCode is 0 or 3, said);
        Assert.DoesNotContain(said.Split('\n'), line => line.StartsWith("batch_", StringComparison.Ordinal));
    }
}
