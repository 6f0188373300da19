using System.Text.Json;
using System.Text.Json.Serialization;

namespace Batch.Cli.Contexts;

/// <summary>The services that a person works with, by name.</summary>
/// <remarks>
/// <code>
/// { "current": "production",
///   "contexts": { "production": { "api_url": "https://batch.example.com", "tenant": "acme", "api_key": "…" } } }
/// </code>
/// It may hold keys, so only its owner may read it (mode 600).
/// </remarks>
internal sealed record ContextFile
{
    public string? Current { get; init; }
    public SortedDictionary<string, Context> Contexts { get; init; } = new(StringComparer.Ordinal);

    /// <summary><c>BATCH_CONFIG</c>, else <c>batch/config.json</c> in <c>XDG_CONFIG_HOME</c> or <c>~/.config</c>.</summary>
    public static string PathOf(Terminal terminal)
    {
        if (terminal.Variable("BATCH_CONFIG") is { Length: > 0 } path)
            return path;
        var home = terminal.Variable("XDG_CONFIG_HOME") is { Length: > 0 } given
            ? given
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config");
        return Path.Combine(home, "batch", "config.json");
    }

    /// <exception cref="UsageException">It is there and cannot be read.</exception>
    public static ContextFile Read(Terminal terminal)
    {
        var path = PathOf(terminal);
        try
        {
            using var file = File.OpenRead(path);
            return JsonSerializer.Deserialize(file, ContextJson.Default.ContextFile) ?? new();
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            return new();
        }
        catch (JsonException fault)
        {
            throw new UsageException(
                $"{path} is not valid JSON (line {fault.LineNumber + 1}). Fix it, or remove it and create it again with 'batch context set'.");
        }
    }

    /// <summary>Replaces the file as a whole, so that a crash leaves the old one.</summary>
    public void Write(Terminal terminal)
    {
        var path = PathOf(terminal);
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder)
            Directory.CreateDirectory(folder);
        var draft = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(draft, options))
            JsonSerializer.Serialize(file, this, ContextJson.Default.ContextFile);
        File.Move(draft, path, overwrite: true);
    }

    /// <summary>A context by its name.</summary>
    /// <exception cref="UsageException">There is none of that name.</exception>
    public Context Find(string name, Terminal terminal) => Contexts.TryGetValue(name, out var context)
        ? context
        : throw new UsageException($"There is no context '{name}' in {PathOf(terminal)}; "
            + (Contexts.Count > 0 ? $"there is {string.Join(", ", Contexts.Keys)}." : $"create it with 'batch context set {name} --api-url URL'."));
}

/// <summary>One service: where it is and who is calling.</summary>
internal sealed record Context
{
    public string? ApiUrl { get; init; }
    public string? Tenant { get; init; }
    public string? TenantHeader { get; init; }
    public string? ApiKey { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true)]
[JsonSerializable(typeof(ContextFile))]
internal sealed partial class ContextJson : JsonSerializerContext;
