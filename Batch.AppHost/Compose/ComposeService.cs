namespace Batch.AppHost;

/// <summary>One resource of the model as a service of a compose file.</summary>
static class ComposeService
{
    // As a person would write them.
    static readonly string[] Order =
    [
        "image", "build", "profiles", "command", "init", "user", "read_only", "tmpfs", "cap_drop", "restart", "security_opt", "stop_grace_period",
        "environment",
        "ports", "expose", "volumes", "ulimits", "depends_on", "healthcheck", "deploy", "logging",
    ];

    /// <param name="root">Folder of the compose file: paths of this machine are written relative to it.</param>
    public static async Task<Dictionary<string, object>> OfAsync(
        IResource resource, DistributedApplicationExecutionContext context, ContainerImages images, string root, CancellationToken cancellationToken)
    {
        var keys = new Dictionary<string, object>();
        if (resource.TryGetContainerImageName(out var image))
            keys["image"] = $"${{{images.VariableOf(image!)}}}";
        Put(keys, "command", await ArgumentsAsync(resource, cancellationToken));
        var environment = await EnvironmentAsync(resource, context, cancellationToken);
        if (environment.Count > 0)
            keys["environment"] = environment;
        var endpoints = resource.Annotations.OfType<EndpointAnnotation>().ToList();
        Put(keys, "ports", endpoints.Where(endpoint => endpoint.Port is not null)
            .Select(endpoint => $"{(endpoint.IsExternal ? "" : "127.0.0.1:")}{endpoint.Port}:{endpoint.TargetPort}"));
        Put(keys, "expose", endpoints.Where(endpoint => endpoint.Port is null).Select(endpoint => $"{endpoint.TargetPort}"));
        Put(keys, "volumes", resource.Annotations.OfType<ContainerMountAnnotation>().Select(mount => Mount(mount, root)));
        var waits = resource.Annotations.OfType<WaitAnnotation>().Select(wait => wait.Resource.Name).Distinct().ToList();
        if (waits.Count > 0)
            keys["depends_on"] = waits.ToDictionary(name => name, object (_) => new Dictionary<string, object> { ["condition"] = "service_healthy" });
        foreach (var (key, value) in resource.Annotations.OfType<ComposeServiceAnnotation>().SelectMany(annotation => annotation.Keys))
            keys[key] = value;
        if (resource.Annotations.OfType<ReplicaAnnotation>().LastOrDefault() is { Replicas: > 1 } replicas)
            keys["deploy"] = new Dictionary<string, object>((Dictionary<string, object>)keys["deploy"]) { ["replicas"] = replicas.Replicas };
        return keys.OrderBy(pair => Array.IndexOf(Order, pair.Key)).ToDictionary();
    }

    static async Task<List<string>> ArgumentsAsync(IResource resource, CancellationToken cancellationToken)
    {
        var arguments = new List<object>();
        var context = new CommandLineArgsCallbackContext(arguments, resource, cancellationToken);
        foreach (var callback in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>())
            await callback.Callback(context);
        return arguments.ConvertAll(ComposeValues.Of);
    }

    static async Task<Dictionary<string, string>> EnvironmentAsync(
        IResource resource, DistributedApplicationExecutionContext execution, CancellationToken cancellationToken)
    {
        var variables = new Dictionary<string, object>();
        var context = new EnvironmentCallbackContext(execution, resource, variables, cancellationToken);
        foreach (var callback in resource.Annotations.OfType<EnvironmentCallbackAnnotation>())
            await callback.Callback(context);
        // Aspire's own for OpenTelemetry's SDK, which none of these services reads.
        return variables.Where(variable => !variable.Key.StartsWith("OTEL_DOTNET_EXPERIMENTAL_", StringComparison.Ordinal))
            .ToDictionary(variable => variable.Key, variable => ComposeValues.Of(variable.Value));
    }

    static string Mount(ContainerMountAnnotation mount, string root)
    {
        var source = mount.Type == ContainerMountType.BindMount ? "./" + Path.GetRelativePath(root, mount.Source!).Replace('\\', '/') : mount.Source;
        return $"{source}:{mount.Target}{(mount.IsReadOnly ? ":ro" : "")}";
    }

    static void Put(Dictionary<string, object> keys, string key, IEnumerable<string> values)
    {
        if (values.ToList() is { Count: > 0 } list)
            keys[key] = list;
    }
}
