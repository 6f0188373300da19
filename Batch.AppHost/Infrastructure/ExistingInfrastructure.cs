using Microsoft.Extensions.Configuration;

namespace Batch.AppHost;

/// <summary>Log and ClickHouse that are there already.</summary>
static class ExistingInfrastructure
{
    /// <exception cref="AppHostException">Nothing says where one of them is.</exception>
    public static void Check(IConfiguration configuration)
    {
        if (string.IsNullOrWhiteSpace(configuration.GetConnectionString(Topology.LogConnection)))
            throw new AppHostException(
                "--infrastructure existing needs the address of Kafka: set ConnectionStrings__kafka, for example ConnectionStrings__kafka=localhost:9092.");
        if (string.IsNullOrWhiteSpace(configuration.GetConnectionString(Topology.ClickHouseConnection)))
            throw new AppHostException(
                "--infrastructure existing needs the address of ClickHouse: set ConnectionStrings__clickhouse, for example ConnectionStrings__clickhouse=http://localhost:8123.");
    }
}
