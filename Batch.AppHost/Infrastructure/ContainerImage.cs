namespace Batch.AppHost;

/// <summary>A pinned image, for example <c>docker.io/prom/prometheus:v3.5.0</c>.</summary>
readonly record struct ContainerImage(string Registry, string Repository, string Tag)
{
    /// <exception cref="FormatException">It does not name registry, repository and tag.</exception>
    public static ContainerImage Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var colon = text.LastIndexOf(':');
        if (slash <= 0 || colon < slash || colon == text.Length - 1 || !text[..slash].Contains('.', StringComparison.Ordinal))
            throw new FormatException($"'{text}' does not name an image as registry/repository:tag.");
        return new ContainerImage(text[..slash], text[(slash + 1)..colon], text[(colon + 1)..]);
    }

    public override string ToString() => $"{Registry}/{Repository}:{Tag}";
}
