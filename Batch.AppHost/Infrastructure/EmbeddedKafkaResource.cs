namespace Batch.AppHost;

/// <summary>The embedded broker as a process; its connection string is <c>127.0.0.1:PORT</c>.</summary>
sealed class EmbeddedKafkaResource(string name, BuiltProgram program)
    : ExecutableResource(name, program.Path, program.Folder), IResourceWithConnectionString
{
    public const string KafkaEndpoint = "kafka";

    // Not "localhost": the broker listens on IPv4 only, and a client that tries IPv6 first logs the attempt that failed.
    public ReferenceExpression ConnectionStringExpression
    {
        get
        {
            var kafka = new EndpointReference(this, KafkaEndpoint);
            return ReferenceExpression.Create($"{kafka.Property(EndpointProperty.IPV4Host)}:{kafka.Property(EndpointProperty.Port)}");
        }
    }
}
