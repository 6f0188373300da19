namespace Batch.Core.Models;

/// <summary>Somebody else updated the model in the meantime. A caller's mistake, or bad luck: read it again and decide.</summary>
public sealed class ModelConflictException(string modelId, int version)
    : Exception($"Model {modelId} has been updated since version {version} was read; read it again and repeat the update.")
{
    public string ModelId { get; } = modelId;
    /// <summary>The version that the failed update started from.</summary>
    public int Version { get; } = version;
}
