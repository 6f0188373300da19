namespace Batch.AppHost;

/// <summary>The embedded ClickHouse as a process; its connection string is that of <see cref="ClickHouseResource"/>.</summary>
sealed class EmbeddedClickHouseResource(string name, BuiltProgram program)
    : ExecutableResource(name, program.Path, program.Folder), IResourceWithConnectionString
{
    public ReferenceExpression ConnectionStringExpression
    {
        get
        {
            var http = new EndpointReference(this, ClickHouseResource.HttpEndpoint);
            return ReferenceExpression.Create(
                $"Host={http.Property(EndpointProperty.IPV4Host)};Port={http.Property(EndpointProperty.Port)};Username=default;Database=default");
        }
    }
}
