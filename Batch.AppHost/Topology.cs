namespace Batch.AppHost;

/// <summary>Names and ports by which the parts know each other: those of docker-compose.yml, of which a test makes sure.</summary>
static class Topology
{
    public const string Api = "api";
    public const string Worker = "worker";
    /// <summary>The log where it is the embedded broker.</summary>
    public const string Log = "log";
    /// <summary>The log where it is a container.</summary>
    public const string Redpanda = "redpanda";
    public const string Console = "console";
    public const string ClickHouse = "clickhouse";

    /// <summary>Names of connection strings, as API and worker look for them.</summary>
    public const string LogConnection = "kafka";
    public const string ClickHouseConnection = "clickhouse";

    /// <summary>Workers of docker-compose.yml; on one machine there are as many as cores.</summary>
    public const int Workers = 3;

    public const int ApiPort = 8000;
    public const int WorkerMetricsPort = 9090;
    /// <summary>The log as this machine reaches it.</summary>
    public const int KafkaPort = 9092;
    /// <summary>Redpanda as containers reach it.</summary>
    public const int KafkaContainersPort = 29092;
    public const int RedpandaAdminPort = 9644;
    public const int ConsolePort = 8080;
    public const int ClickHousePort = 8123;
    public const int ClickHouseMetricsPort = 9363;
    /// <summary>Aspire's own.</summary>
    public const int DashboardPort = 18888;
}
