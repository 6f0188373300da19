namespace Batch.AppHost;

/// <summary>One Redpanda broker.</summary>
/// <remarks>
/// A broker tells clients by which address to go on, and projects on this machine and containers know it by different ones: it has a
/// listener for each. Which of them a connection string names depends on where its readers run.
/// </remarks>
/// <param name="readersAreContainers">True when publishing: everything is a container then.</param>
sealed class RedpandaResource(string name, bool readersAreContainers) : ContainerResource(name), IResourceWithConnectionString
{
    public const string HostEndpoint = "kafka";
    public const string ContainersEndpoint = "containers";
    public const string AdminEndpoint = "admin";

    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create(
        $"{new EndpointReference(this, readersAreContainers ? ContainersEndpoint : HostEndpoint).Property(EndpointProperty.HostAndPort)}");
}
