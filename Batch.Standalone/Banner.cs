namespace Batch.Standalone;

/// <summary>What a person sees when the system is up: where everything is, and what to do next.</summary>
internal static class Banner
{
    public static void Write(StandaloneHost host)
    {
        var api = Trim(host.Api);
        Console.WriteLine($"""

            Batch is up.

              API         {api}  (routes: {api}/openapi/v1.json)
              ClickHouse  {Trim(host.ClickHouse)}
              Log         {host.Kafka}  (Kafka's protocol)
              Metrics     {api}/metrics  {Trim(host.Metrics)}/metrics
              Workers     {host.Options.Workers}{Dashboard(host)}
              Data        {host.Options.Data.FullName}

            Next: dotnet run --project Batch.Cli -- model create purchases samples/purchases/model.json
            Ctrl-C stops; what was accepted is kept and carried on with at the next start.

            """);
    }

    // The variable makes the command line begin the traces of what it submits.
    static string Dashboard(StandaloneHost host) => host.Dashboard is not { } dashboard ? "" : $"""

          Dashboard   {Trim(dashboard.Url)}  (OTEL_EXPORTER_OTLP_ENDPOINT={Trim(dashboard.OtlpGrpc)})
        """;

    static string Trim(Uri address) => address.ToString().TrimEnd('/');
}
