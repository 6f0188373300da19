namespace Batch.AppHost;

/// <summary>Variables of the shell that would lead API and workers elsewhere than the app host says.</summary>
/// <remarks>
/// Processes inherit the shell's environment, which is how settings reach them. A shell in which the addresses of a deployment are set
/// (<c>KAFKA_BOOTSTRAP</c>, <c>ClickHouse__Url</c> …) must not have the rows go elsewhere than the banner says.
/// </remarks>
static class InheritedAddresses
{
    static readonly string[] Names =
    [
        "KAFKA_BOOTSTRAP", "ConnectionStrings__kafka", "Kafka__BootstrapServers",
        "Kafka__Properties__bootstrap.servers", "Kafka__Properties__metadata.broker.list", "Kafka__Properties__security.protocol",
        "ConnectionStrings__clickhouse", "ClickHouse__Url", "ClickHouse__Database", "ClickHouse__User", "ClickHouse__Password",
    ];

    // Where to listen and what to be called is the orchestrator's to say, for each process its own.
    static readonly string[] Listening = ["ASPNETCORE_URLS", "URLS", "ASPNETCORE_HTTP_PORTS", "HTTP_PORTS", "OTEL_SERVICE_NAME"];

    /// <summary>Takes them out of this process's environment, and so out of that of all it starts.</summary>
    public static void Forget(Infrastructure infrastructure)
    {
        foreach (var name in Listening.Concat(infrastructure == Infrastructure.Existing ? [] : Names))
            Environment.SetEnvironmentVariable(name, null);
    }
}
