using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;

namespace Batch.AppHost;

/// <summary>The command line of <c>dotnet run --project Batch.AppHost</c>.</summary>
static class AppHostCommand
{
    static readonly Option<DirectoryInfo> Data = new("--data")
    {
        Description = "Folder for all data",
        DefaultValueFactory = _ => AppHostOptions.DefaultData,
        HelpName = "DIR",
    };
    static readonly Option<Infrastructure?> Kind = new("--infrastructure")
    {
        Description = "Which log and ClickHouse: 'containers' (Redpanda and ClickHouse), 'embedded' (two servers from this repository, no containers), " +
            "'existing' (those in ConnectionStrings__kafka and ConnectionStrings__clickhouse), or 'auto': containers if a container engine answers, else embedded",
        DefaultValueFactory = _ => null,
        CustomParser = ParseInfrastructure,
        HelpName = "auto|containers|embedded|existing",
    };
    static readonly Option<int> Workers =
        Number("--workers", "N", AppHostOptions.MostWorkers, AppHostOptions.DefaultWorkers, "Worker processes, 0 to 64; one keeps a core busy");
    static readonly Option<IPAddress> Bind = new("--bind")
    {
        Description = "Address to listen on; log and ClickHouse have no passwords, so stay on loopback unless you trust the network",
        DefaultValueFactory = _ => IPAddress.Loopback,
        CustomParser = ParseAddress,
        HelpName = "ADDRESS",
    };
    static readonly Option<int> ApiPort = Port("--port", Ports.Default.Api, "Port of the API");
    static readonly Option<int> ClickHousePort = Port("--clickhouse-port", Ports.Default.ClickHouse, "Port of ClickHouse's HTTP interface");
    static readonly Option<int> KafkaPort = Port("--kafka-port", Ports.Default.Kafka, "Port of the log, which speaks Kafka's protocol");
    static readonly Option<int> MetricsPort = Port("--metrics-port", Ports.Default.Metrics, "Shared port of the workers' metrics");
    static readonly Option<int> DashboardPort = Port("--dashboard-port", Ports.Default.Dashboard, "Port of the Aspire dashboard; the next one takes telemetry");
    static readonly Option<bool> Fsync = new("--fsync")
    {
        Description = "The embedded ClickHouse flushes to disk before it answers an insert, so that rows survive a power cut; small jobs take longer",
    };
    static readonly Option<bool> Exit = new("--exit") { Description = "Stop the system after the demo" };
    static readonly Option<FileInfo> Output = new("--output")
    {
        Description = "File to write",
        DefaultValueFactory = _ => new FileInfo("docker-compose.yml"),
        HelpName = "FILE",
    };

    /// <param name="describe">Adds the resources to the model.</param>
    /// <returns>0; 1 where it could not start, with the reason in one sentence on standard error; 130 where it was stopped while it started.</returns>
    public static async Task<int> RunAsync(string[] args, Action<IDistributedApplicationBuilder, AppHostRun> describe)
    {
        var demo = new Command("demo", "Run the quick start: register a model, load a good file and a bad one, show what was rejected, reprocess it") { Exit };
        demo.SetAction((parsed, cancellationToken) =>
            AppHostSession.RunAsync(ToOptions(parsed), describe, demo: true, parsed.GetValue(Exit), cancellationToken));

        var compose = new Command("compose", "Write the services as a compose file") { Output };
        compose.SetAction((parsed, cancellationToken) => ComposeExport.RunAsync(ForExport(parsed), describe, parsed.GetValue(Output)!, cancellationToken));

        var root = new RootCommand("Batch: log, ClickHouse, API and workers, each a process or a container, with the Aspire dashboard.")
        {
            demo,
            new Command("export", "Export the system for another orchestrator") { compose },
        };
        foreach (var option in (Option[])[Kind, Workers, Data, Bind, ApiPort, ClickHousePort, KafkaPort, MetricsPort, DashboardPort, Fsync])
        {
            option.Recursive = true;
            root.Add(option);
        }
        root.SetAction((parsed, cancellationToken) => AppHostSession.RunAsync(ToOptions(parsed), describe, demo: false, exit: false, cancellationToken));

        var parsed = root.Parse(args);
        if (parsed.Errors is [var first, ..])
        {
            await Console.Error.WriteLineAsync(first.Message);
            return 1;
        }
        try
        {
            // Signals are the session's: it stops in order.
            return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
        }
        catch (AppHostException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }
    }

    static AppHostOptions ToOptions(ParseResult parsed)
    {
        var dashboard = parsed.GetValue(DashboardPort);
        return new AppHostOptions(
            parsed.GetValue(Kind), parsed.GetValue(Workers), parsed.GetValue(Data)!, parsed.GetValue(Bind)!,
            new Ports(
                parsed.GetValue(ApiPort), parsed.GetValue(ClickHousePort), parsed.GetValue(KafkaPort), parsed.GetValue(MetricsPort),
                dashboard, dashboard == 0 ? 0 : dashboard + 1),
            parsed.GetValue(Fsync));
    }

    /// <summary>As many workers as docker-compose.yml has, not as this machine has cores, unless given.</summary>
    static AppHostOptions ForExport(ParseResult parsed) =>
        parsed.GetResult(Workers) is { Implicit: false } ? ToOptions(parsed) : ToOptions(parsed) with { Workers = Topology.Workers };

    static Infrastructure? ParseInfrastructure(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (text == "auto")
            return null;
        if (text is "containers" or "embedded" or "existing")
            return Enum.Parse<Infrastructure>(text, ignoreCase: true);
        result.AddError($"--infrastructure takes auto, containers, embedded or existing, not '{text}'.");
        return null;
    }

    static IPAddress? ParseAddress(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (text == "localhost")
            return IPAddress.Loopback;
        if (!IPAddress.TryParse(text, out var address))
            result.AddError($"--bind takes an IP address, for example 127.0.0.1 or 0.0.0.0, not '{text}'.");
        return address;
    }

    static Option<int> Port(string name, int port, string description) =>
        Number(name, "PORT", name == "--dashboard-port" ? 65534 : 65535, port, description + " (0: any free one)");

    static Option<int> Number(string name, string helpName, int most, int standard, string description) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => standard,
        HelpName = helpName,
        CustomParser = result =>
        {
            if (!int.TryParse(result.Tokens[0].Value, out var number) || number < 0 || number > most)
                result.AddError($"{name} takes a number from 0 to {most}, not '{result.Tokens[0].Value}'.");
            return number;
        },
    };
}
