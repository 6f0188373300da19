namespace Batch.AppHost;

/// <summary>What log and ClickHouse are. API and workers are the same programs with the same settings in all three.</summary>
enum Infrastructure
{
    /// <summary>The two embedded servers, as processes of this machine.</summary>
    Embedded,
    /// <summary>Redpanda and ClickHouse in containers.</summary>
    Containers,
    /// <summary>Whatever <c>ConnectionStrings:kafka</c> and <c>ConnectionStrings:clickhouse</c> name.</summary>
    Existing,
}
