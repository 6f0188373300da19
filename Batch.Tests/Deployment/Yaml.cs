using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Batch.Tests.Deployment;

/// <summary>Reads a YAML file, with anchors and merges resolved.</summary>
/// <remarks>A value is a string (also where it is a number), a <see cref="List{T}"/> of values, or a <see cref="Dictionary{TKey, TValue}"/>.</remarks>
static class Yaml
{
    public static Dictionary<string, object> Parse(string text) =>
        (Dictionary<string, object>)Plain(new DeserializerBuilder().Build().Deserialize<object>(new MergingParser(new Parser(new StringReader(text)))));

    static object Plain(object? value) => value switch
    {
        Dictionary<object, object> map => map.ToDictionary(pair => $"{pair.Key}", pair => Plain(pair.Value)),
        List<object> list => list.ConvertAll(Plain),
        _ => $"{value}",
    };
}
