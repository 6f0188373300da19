namespace Batch.AppHost;

/// <summary>What a person sees when the system is up: where everything is, and what to do next.</summary>
static class Banner
{
    public static void Write(AppHostRun run, TimeSpan took, bool hasDashboard)
    {
        var api = Trim(run.Api);
        // The variable makes the command line begin the traces of what it submits.
        var dashboard = hasDashboard ? $"{Trim(run.Dashboard)}  (OTEL_EXPORTER_OTLP_ENDPOINT={Trim(run.Otlp)})" : "none";
        var existing = run.Infrastructure == Infrastructure.Existing;
        Console.WriteLine($"""

            Batch is up after {took.TotalSeconds:0.0} s.

              API         {api}  (routes: {api}/openapi/v1.json)
              ClickHouse  {(existing ? "as ConnectionStrings__clickhouse says" : $"http://localhost:{run.Ports.ClickHouse}")}
              Log         {(existing ? "as ConnectionStrings__kafka says" : $"localhost:{run.Ports.Kafka}  (Kafka's protocol)")}
              Metrics     {api}/metrics  {Trim(run.Metrics)}/metrics
              Workers     {run.Options.Workers}
              Data        {(run.Infrastructure == Infrastructure.Embedded ? run.Options.Data.FullName : existing ? "where log and ClickHouse keep it" : "in the volumes batch-redpanda and batch-clickhouse")}
              Dashboard   {dashboard}

            Next: dotnet run --project Batch.Cli -- model create purchases samples/purchases/model.json
            Ctrl-C stops; accepted work is kept and resumes at the next start.

            """);
    }

    static string Trim(Uri address) => address.ToString().TrimEnd('/');
}
