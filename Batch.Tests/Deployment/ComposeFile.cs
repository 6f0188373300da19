using System.Text.RegularExpressions;

namespace Batch.Tests.Deployment;

/// <summary>docker-compose.yml, with the variables of .env put in.</summary>
sealed partial class ComposeFile
{
    readonly Dictionary<string, object> _file;

    ComposeFile(Dictionary<string, object> file) => _file = file;

    public IReadOnlyDictionary<string, object> Services => (Dictionary<string, object>)_file["services"];

    public IReadOnlyDictionary<string, object> Volumes => (Dictionary<string, object>)_file["volumes"];

    public static ComposeFile Read(string compose, string env)
    {
        var variables = env.Split('\n').Where(line => line.Contains('=') && line[0] != '#').Select(line => line.Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        return new ComposeFile(Yaml.Parse(Variable().Replace(compose, match =>
            variables.TryGetValue(match.Groups["name"].Value, out var value) ? value
            : match.Groups["default"].Success ? match.Groups["default"].Value
            : throw new KeyNotFoundException($"{match.Value} is set neither in .env nor by a default."))));
    }

    public static ComposeFile Ours() =>
        Read(File.ReadAllText(Repository.File("docker-compose.yml")), File.ReadAllText(Repository.File(".env")));

    public string? Image(string service) => Of(service).GetValueOrDefault("image") as string;

    public IReadOnlyDictionary<string, object> Of(string service) => (Dictionary<string, object>)Services[service];

    public IReadOnlyDictionary<string, object> Environment(string service) =>
        Of(service).GetValueOrDefault("environment") as Dictionary<string, object> ?? [];

    /// <summary>Ports as "published:target", without the address.</summary>
    public IReadOnlyList<string> Ports(string service) => Strings(service, "ports")
        .Select(port => string.Join(':', port.Split(':')[^2..])).ToList();

    public IReadOnlyList<string> Strings(string service, string key) =>
        Of(service).GetValueOrDefault(key) is List<object> list ? list.ConvertAll(item => (string)item) : [];

    [GeneratedRegex(@"\$\{(?<name>\w+)(:-(?<default>[^}]*))?\}")]
    private static partial Regex Variable();
}
