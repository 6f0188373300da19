using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using System.Runtime.InteropServices;

namespace Batch.Standalone;

/// <summary>The command line of <c>dotnet run --project Batch.Standalone</c>.</summary>
public static class StandaloneCommand
{
    static readonly Option<DirectoryInfo> Data = new("--data")
    {
        Description = "Folder for everything that is kept",
        DefaultValueFactory = _ => StandaloneOptions.DefaultData,
        HelpName = "DIR",
    };
    static readonly Option<int> Workers = new("--workers")
    {
        Description = "Chunks are validated by this many workers",
        DefaultValueFactory = _ => StandaloneOptions.DefaultWorkers,
        HelpName = "N",
    };
    static readonly Option<IPAddress> Bind = new("--bind")
    {
        Description = "Address to listen on; ClickHouse and the log know no passwords here, so keep to loopback unless the network is yours",
        DefaultValueFactory = _ => IPAddress.Loopback,
        CustomParser = result => Address(result),
        HelpName = "ADDRESS",
    };
    static readonly Option<int> ApiPort = Port("--port", 8000, "Port of the API");
    static readonly Option<int> ClickHousePort = Port("--clickhouse-port", 8123, "Port of ClickHouse's HTTP interface");
    static readonly Option<int> KafkaPort = Port("--kafka-port", 9092, "Port of the log, which speaks Kafka's protocol");
    static readonly Option<int> MetricsPort = Port("--metrics-port", 9090, "Port of the workers' metrics");
    static readonly Option<bool> Dashboard = new("--dashboard") { Description = "Also run the Aspire dashboard (fetched on first use, about 130 MB)" };
    static readonly Option<int> DashboardPort = Port("--dashboard-port", AspireDashboardOptions.DefaultPort, "Port of the Aspire dashboard's page");
    static readonly Option<bool> AllowFiles = new("--allow-files") { Description = "SQL may read files of this machine (file(), url() …); for trusted callers only" };
    static readonly Option<bool> Fsync = new("--fsync") { Description = "ClickHouse waits for the disk before it answers an insert, so that rows outlive a power cut; small jobs take longer" };
    static readonly Option<bool> Exit = new("--exit") { Description = "End the system after the demo" };

    public static async Task<int> RunAsync(string[] args)
    {
        var demo = new Command("demo", "Run the quick start: register a model, load a good file and a bad one, look at what was rejected, re-run it") { Exit };
        demo.SetAction((parsed, cancellationToken) => StartAsync(parsed, demo: true, cancellationToken));

        var root = new RootCommand("Batch without containers: API, workers, a durable Kafka broker and the ClickHouse engine on this machine.") { demo };
        foreach (var option in (Option[])[Data, Workers, Bind, ApiPort, ClickHousePort, KafkaPort, MetricsPort, Dashboard, DashboardPort, AllowFiles, Fsync])
        {
            option.Recursive = true;
            root.Add(option);
        }
        root.SetAction((parsed, cancellationToken) => StartAsync(parsed, demo: false, cancellationToken));
        return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    static async Task<int> StartAsync(ParseResult parsed, bool demo, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }

        var options = new StandaloneOptions(
            parsed.GetValue(Data)!, parsed.GetValue(Workers), parsed.GetValue(Bind)!,
            parsed.GetValue(ApiPort), parsed.GetValue(ClickHousePort), parsed.GetValue(KafkaPort), parsed.GetValue(MetricsPort),
            parsed.GetValue(Dashboard) ? parsed.GetValue(DashboardPort) : null,
            parsed.GetValue(AllowFiles), parsed.GetValue(Fsync));
        try
        {
            await using var host = await StandaloneHost.StartAsync(options, stop.Token);
            Banner.Write(host);
            if (demo)
            {
                var exitCode = await new Demo(host).RunAsync(stop.Token);
                if (exitCode != 0 || parsed.GetValue(Exit))
                    return exitCode;
            }
            await WaitAsync(stop.Token);
            Console.WriteLine("Stopping: chunks in hand are finished first.");
            return 0;
        }
        catch (StandaloneException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 130;
        }
    }

    static async Task WaitAsync(CancellationToken stop)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stop.Register(stopped.SetResult);
        await stopped.Task;
    }

    static IPAddress? Address(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (text == "localhost")
            return IPAddress.Loopback;
        if (!IPAddress.TryParse(text, out var address))
            result.AddError($"--bind takes an IP address, for example 127.0.0.1 or 0.0.0.0, not '{text}'.");
        return address;
    }

    static Option<int> Port(string name, int port, string description)
    {
        var option = new Option<int>(name)
        {
            Description = description + " (0: any free one)",
            DefaultValueFactory = _ => port,
            HelpName = "PORT",
        };
        option.Validators.Add(result =>
        {
            // A word that is no number is the parser's to report; asking for its value would throw.
            if (result.Tokens is [var token] && int.TryParse(token.Value, out var number) && number is (< 0 or > 65535))
                result.AddError($"{name} takes a port from 0 to 65535.");
        });
        return option;
    }
}
