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
              Metrics     {api}/metrics  {Trim(host.Metrics)}/metrics
              Workers     {host.Options.Workers}{(host.Dashboard is { } dashboard ? $"{Environment.NewLine}  Dashboard   {Trim(dashboard)}" : "")}
              Data        {host.Options.Data.FullName}

            Next: dotnet run --project Batch.Cli -- model create purchases samples/purchases/model.json
            Ctrl-C stops; what was accepted is kept and carried on with at the next start.

            """);
    }

    static string Trim(Uri address) => address.ToString().TrimEnd('/');
}
