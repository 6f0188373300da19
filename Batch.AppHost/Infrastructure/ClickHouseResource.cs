namespace Batch.AppHost;

/// <summary>One ClickHouse server; its connection string is <c>Host=…;Port=…;Username=default;Password=…;Database=default</c>.</summary>
/// <param name="password">Of the user "default"; none on this machine, where only this machine reaches it.</param>
sealed class ClickHouseResource(string name, ParameterResource? password) : ContainerResource(name), IResourceWithConnectionString
{
    public const string HttpEndpoint = "http";
    public const string MetricsEndpoint = "metrics";

    public ParameterResource? Password { get; } = password;

    public ReferenceExpression ConnectionStringExpression
    {
        get
        {
            var http = new EndpointReference(this, HttpEndpoint);
            return Password is null
                ? ReferenceExpression.Create(
                    $"Host={http.Property(EndpointProperty.Host)};Port={http.Property(EndpointProperty.Port)};Username=default;Database=default")
                : ReferenceExpression.Create(
                    $"Host={http.Property(EndpointProperty.Host)};Port={http.Property(EndpointProperty.Port)};Username=default;Password={Password};Database=default");
        }
    }
}
