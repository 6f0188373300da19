using System.Diagnostics;
using Batch.Tests.Deployment;

namespace Batch.Tests.EmbeddedKafka.Conformance;

/// <summary>A scenario of Node/, run against a broker. Clients come out of npm, installed beside the tests on first use (17 MB).</summary>
static class NodeClient
{
    static readonly TimeSpan TestTimeout = TimeSpan.FromMinutes(3);
    static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "KafkaClients");

    /// <summary>Runs it to its end; restarts the broker where the scenario says so.</summary>
    public static async Task RunAsync(string scenario, BrokerProcess broker)
    {
        await InstallAsync();
        using var process = Process.Start(new ProcessStartInfo("node", [scenario, broker.Servers])
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        using var timeout = new CancellationTokenSource(TestTimeout);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(timeout.Token) is { } line && line != "ok")
            {
                if (line != "restart")
                    continue;
                broker.Kill9();
                await broker.RestartAsync();
                await process.StandardInput.WriteLineAsync("go");
                await process.StandardInput.FlushAsync(timeout.Token);
            }
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
        }
        Assert.True(process.HasExited && process.ExitCode == 0, $"{scenario} failed: {await errors}\nThe broker said: {broker.Errors}");
    }

    /// <summary>Skips the test where npm cannot install them; in CI that is a failure.</summary>
    static async Task InstallAsync()
    {
        if (Directory.Exists(Path.Combine(Folder, "node_modules", "kafkajs")))
            return;
        var reason = "";
        try
        {
            var (exitCode, output) = await Tool.RunAsync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], Folder);
            if (exitCode == 0)
                return;
            reason = output;
        }
        catch (System.ComponentModel.Win32Exception fault)
        {
            reason = fault.Message;
        }
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true", $"npm could not install the Kafka clients: {reason}");
        Skip.If(true, $"npm could not install the Kafka clients: {reason}");
    }
}
