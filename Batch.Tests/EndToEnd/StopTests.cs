using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Batch.Tests.Cli;
using Batch.Tests.EndToEnd.AppHost;

namespace Batch.Tests.EndToEnd;

/// <summary>SIGTERM and SIGINT at whatever moment of a start or a run: every program ends in time, and none with an exception.</summary>
[Trait("Tier", "system")]
[Collection(OneAtATime.Name)]
public sealed class StopTests
{
    /// <summary>0: stopped in good order, 130 and 143: by the signal itself, before there was anything to put in order.</summary>
    static readonly int[] Accepted = [0, 130, 143];
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    static int Moments => TestSettings.Number("BATCH_STOP_MOMENTS", 5);

    static readonly Random Chance = new(TestSettings.Number("BATCH_STOP_SEED", Environment.TickCount));

    [Theory]
    [InlineData("Batch.EmbeddedKafka.dll", "--port", "0", "--data", "DATA")]
    [InlineData("Batch.EmbeddedClickHouse.dll", "--port", "0", "--data", "DATA")]
    [InlineData("Batch.Api.dll", "--urls", "http://127.0.0.1:0")]
    [InlineData("Batch.Worker.dll", "--urls", "http://127.0.0.1:0")]
    public async Task A_program_that_is_told_to_stop_at_any_moment_ends_without_an_exception(string assembly, params string[] arguments)
    {
        for (var moment = 0; moment < Moments; moment++)
        {
            var data = Directory.CreateTempSubdirectory("batch-stop-").FullName;
            // Many of the moments while it starts, some while it runs.
            var after = TimeSpan.FromSeconds(moment % 5 == 4 ? Chance.NextDouble() * 5 : Chance.NextDouble());
            await StopAsync(Path.Combine(AppContext.BaseDirectory, assembly), [.. arguments.Select(argument => argument == "DATA" ? data : argument)], after);
            Directory.Delete(data, recursive: true);
        }
    }

    [Fact]
    public async Task The_command_line_is_interrupted_while_it_waits_without_an_exception()
    {
        // Takes connections and says nothing.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        for (var moment = 0; moment < Moments; moment++)
            await StopAsync(BatchProcess.Program,
                ["job", "list", "--api-url", $"http://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}"], TimeSpan.FromSeconds(Chance.NextDouble() * 2));
    }

    [Fact]
    public async Task An_app_host_that_is_told_to_stop_at_any_moment_ends_without_an_exception_and_leaves_nothing()
    {
        for (var moment = 0; moment < Moments; moment++)
        {
            await using var system = new AppHostProcess();
            var after = TimeSpan.FromSeconds(0.2 + Chance.NextDouble() * 6);
            var start = system.StartAsync(workers: 1);
            await Task.Delay(after);
            var code = await system.StopAsync(moment % 2 == 0 ? "TERM" : "INT");
            // Whether it was up by then is of no matter.
            await Task.WhenAny(start);
            Assert.True(Accepted.Contains(code), $"Exit code {code} after {after.TotalSeconds:0.00} s. {system.Output}");
            IsQuiet(system.Output, after);
            await system.NothingIsLeftAsync(TimeSpan.FromSeconds(60));
        }
    }

    static async Task StopAsync(string assembly, string[] arguments, TimeSpan after)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["exec", assembly, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // Nothing listens there: it starts without.
            Environment = { ["KAFKA_BOOTSTRAP"] = "127.0.0.1:1", ["ConnectionStrings__clickhouse"] = "http://127.0.0.1:1" },
        })!;
        var said = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await Task.Delay(after);
            AppHostProcess.Signal(Chance.Next(2) == 0 ? "TERM" : "INT", process.Id);
            await process.WaitForExitAsync().WaitAsync(Limit);
            var output = string.Join('\n', await said);
            Assert.True(Accepted.Contains(process.ExitCode), $"Exit code {process.ExitCode} after {after.TotalSeconds:0.00} s. {output}");
            IsQuiet(output, after);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    static void IsQuiet(string output, TimeSpan after)
    {
        foreach (var sign in (string[])["Unhandled exception", "   at ", "nobody foresaw"])
            Assert.False(output.Contains(sign, StringComparison.Ordinal), $"After {after.TotalSeconds:0.00} s: {output}");
    }
}
