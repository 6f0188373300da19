namespace Batch.AppHost;

/// <summary>The images pinned in the <c>.env</c> file that docker compose reads as well.</summary>
sealed class ContainerImages
{
    readonly Dictionary<string, string> _images;

    ContainerImages(Dictionary<string, string> images) => _images = images;

    public ContainerImage Redpanda => this["REDPANDA_IMAGE"];
    public ContainerImage RedpandaConsole => this["REDPANDA_CONSOLE_IMAGE"];
    public ContainerImage ClickHouse => this["CLICKHOUSE_IMAGE"];

    /// <summary>The variable that pins this image.</summary>
    /// <exception cref="KeyNotFoundException">None does.</exception>
    public string VariableOf(string image) => _images.FirstOrDefault(pair => pair.Value == image).Key
        ?? throw new KeyNotFoundException($".env does not pin {image}.");

    /// <summary>Those of this repository, which the build puts beside the program.</summary>
    public static ContainerImages Pinned() => Read(Path.Combine(AppContext.BaseDirectory, "images.env"));

    /// <exception cref="KeyNotFoundException">The file pins no image under that name.</exception>
    public ContainerImage this[string variable] => ContainerImage.Parse(
        _images.TryGetValue(variable, out var image) ? image : throw new KeyNotFoundException($".env does not set {variable}."));

    // # comment
    // REDPANDA_IMAGE=docker.redpanda.com/redpandadata/redpanda:v25.3.9
    public static ContainerImages Read(string file) => new(File.ReadLines(file)
        .Select(line => line.Trim())
        .Where(line => line.Length > 0 && line[0] != '#')
        .Select(line => line.Split('=', 2))
        .Where(pair => pair.Length == 2 && pair[0].EndsWith("_IMAGE", StringComparison.Ordinal))
        .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal));
}
