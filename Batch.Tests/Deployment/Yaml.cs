namespace Batch.Tests.Deployment;

/// <summary>Reads as much of YAML as our own files use: block mappings and lists, one-line lists, quotes, anchors, merges.</summary>
/// <remarks>A value is a string, a <see cref="List{T}"/> of values, or a <see cref="Dictionary{TKey, TValue}"/>.</remarks>
sealed class Yaml
{
    readonly List<(int Indent, string Text)> _lines;
    readonly Dictionary<string, object> _anchors = [];
    int _at;

    Yaml(string text) => _lines = text.Split('\n')
        .Select(line => WithoutComment(line.TrimEnd()))
        .Where(line => line.Trim().Length > 0)
        .Select(line => (line.Length - line.TrimStart().Length, line.Trim()))
        .ToList();

    public static Dictionary<string, object> Parse(string text) => (Dictionary<string, object>)new Yaml(text).Block(0);

    object Block(int indent) => _lines[_at].Text.StartsWith("- ", StringComparison.Ordinal) ? Sequence(indent) : Mapping(indent);

    List<object> Sequence(int indent)
    {
        var list = new List<object>();
        while (_at < _lines.Count && _lines[_at].Indent == indent && _lines[_at].Text.StartsWith("- ", StringComparison.Ordinal))
        {
            var item = _lines[_at].Text[2..].Trim();
            if (IsKey(item))
            {
                // "- name: x" begins a mapping whose further keys stand under "name".
                _lines[_at] = (indent + 2, item);
                list.Add(Mapping(indent + 2));
            }
            else
            {
                list.Add(Scalar(item));
                _at++;
            }
        }

        return list;
    }

    Dictionary<string, object> Mapping(int indent)
    {
        var map = new Dictionary<string, object>();
        while (_at < _lines.Count && _lines[_at].Indent == indent && IsKey(_lines[_at].Text))
        {
            var (key, rest) = Split(_lines[_at].Text);
            _at++;
            string? anchor = null;
            if (rest.StartsWith('&'))
            {
                var end = rest.IndexOf(' ', StringComparison.Ordinal);
                anchor = end < 0 ? rest[1..] : rest[1..end];
                rest = end < 0 ? "" : rest[(end + 1)..].Trim();
            }

            object value = rest is ">-" ? Folded(indent)
                : rest.Length > 0 ? Scalar(rest)
                : _at < _lines.Count && _lines[_at].Indent > indent ? Block(_lines[_at].Indent) : "";
            if (anchor is not null)
                _anchors[anchor] = value;
            if (key == "<<")
            {
                foreach (var (name, merged) in (Dictionary<string, object>)value)
                    map.TryAdd(name, merged);
            }
            else
            {
                map[key] = value;
            }
        }

        return map;
    }

    string Folded(int indent)
    {
        var lines = new List<string>();
        while (_at < _lines.Count && _lines[_at].Indent > indent)
            lines.Add(_lines[_at++].Text);
        return string.Join(' ', lines);
    }

    object Scalar(string text) => text switch
    {
        ['*', .. var anchor] => _anchors[anchor],
        "{}" => new Dictionary<string, object>(),
        ['[', .. var items, ']'] => items.Split(',').Select(item => Scalar(item.Trim())).ToList(),
        ['"', .. var quoted, '"'] => quoted.Replace("\\\"", "\"", StringComparison.Ordinal),
        ['\'', .. var quoted, '\''] => quoted,
        _ => text,
    };

    static bool IsKey(string text) =>
        text[0] is not ('"' or '\'' or '[' or '{') && (text.EndsWith(':') || text.Contains(": ", StringComparison.Ordinal));

    static (string Key, string Value) Split(string text)
    {
        var colon = text.IndexOf(": ", StringComparison.Ordinal);
        return colon < 0 ? (text[..^1], "") : (text[..colon], text[(colon + 2)..].Trim());
    }

    static string WithoutComment(string line)
    {
        for (int at = 0, quotes = 0; at < line.Length; at++)
        {
            if (line[at] is '"' or '\'')
                quotes++;
            if (line[at] == '#' && quotes % 2 == 0 && (at == 0 || line[at - 1] == ' '))
                return line[..at].TrimEnd();
        }

        return line;
    }
}
