using System.Globalization;

namespace Batch.AppHost;

/// <summary>Values of the model as they stand in a compose file, where a service is known by its name and listens on its own port.</summary>
static class ComposeValues
{
    /// <exception cref="NotSupportedException">A kind of value that the model had not when this was written.</exception>
    public static string Of(object? value) => value switch
    {
        null => "",
        string text => text,
        ConnectionStringReference connection => Of(connection.Resource.ConnectionStringExpression),
        ReferenceExpression expression => string.Format(CultureInfo.InvariantCulture, expression.Format, [.. expression.ValueProviders.Select(Of)]),
        EndpointReferenceExpression part => Of(part),
        // ${CLICKHOUSE_PASSWORD:-}: from the shell or .env, empty where it is not set.
        ParameterResource parameter => $"${{{parameter.Name.Replace('-', '_').ToUpperInvariant()}:-}}",
        IResourceBuilder<IResource> resource => Of(resource.Resource),
        _ => throw new NotSupportedException($"The export does not know what a {value.GetType().Name} is in a compose file."),
    };

    static string Of(EndpointReferenceExpression part)
    {
        var (host, port) = (part.Endpoint.Resource.Name, $"{part.Endpoint.TargetPort}");
        return part.Property switch
        {
            EndpointProperty.Host or EndpointProperty.IPV4Host => host,
            EndpointProperty.Port or EndpointProperty.TargetPort => port,
            EndpointProperty.HostAndPort => $"{host}:{port}",
            EndpointProperty.Scheme => part.Endpoint.Scheme,
            EndpointProperty.Url => $"{part.Endpoint.Scheme}://{host}:{port}",
            _ => throw new NotSupportedException($"The export does not know what {part.Property} of an endpoint is in a compose file."),
        };
    }
}
