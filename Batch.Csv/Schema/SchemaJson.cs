using System.Text.Json;

namespace Batch.Csv.Schema;

/// <summary>Reads a schema's JSON strictly: a key given twice, or half a surrogate pair, is refused instead of guessed at.</summary>
internal static class SchemaJson
{
    /// <summary>The members of an object in the order written.</summary>
    /// <exception cref="SchemaException">A key appears twice, or is not valid Unicode.</exception>
    public static List<(string Name, JsonElement Value)> Members(JsonElement value, string path)
    {
        var members = new List<(string, JsonElement)>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in value.EnumerateObject())
        {
            string name;
            try
            {
                name = property.Name;
            }
            catch (InvalidOperationException)
            {
                throw SchemaFaults.Invalid(path, "a name holds half a surrogate pair; write it as valid Unicode");
            }
            if (!seen.Add(name))
                throw SchemaFaults.Invalid(SchemaFaults.Step(path, name), "appears twice; keep one of the two");
            members.Add((name, property.Value));
        }
        return members;
    }

    public static string Text(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.String)
            throw SchemaFaults.Invalid(path, $"is {SchemaFaults.Describe(value)}, and a text is wanted");
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw SchemaFaults.Invalid(path, "holds half a surrogate pair; write it as valid Unicode");
        }
    }

    public static bool Flag(JsonElement value, string path) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw SchemaFaults.Invalid(path, $"is {SchemaFaults.Describe(value)}; write true or false"),
    };

    public static int Count(JsonElement value, string path)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= 0 && number <= int.MaxValue
            && number == Math.Floor(number))
            return (int)number;
        throw SchemaFaults.Invalid(path, $"wants a whole number from 0 to {int.MaxValue}");
    }

    public static JsonElement List(JsonElement value, string path) => value.ValueKind == JsonValueKind.Array
        ? value
        : throw SchemaFaults.Invalid(path, $"is {SchemaFaults.Describe(value)}, and a list is wanted");
}
