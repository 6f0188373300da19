namespace Batch.AppHost;

/// <summary>What the compose file says of a service beyond what the model knows: user, limits, restarts, health check.</summary>
/// <param name="keys">Keys and values as they stand below the service in the file.</param>
sealed class ComposeServiceAnnotation(IReadOnlyDictionary<string, object> keys) : IResourceAnnotation
{
    public IReadOnlyDictionary<string, object> Keys { get; } = keys;
}
