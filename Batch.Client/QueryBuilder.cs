using System.Globalization;
using System.Text;

namespace Batch.Client;

/// <summary>A path with a query; parameters without a value are left out.</summary>
internal sealed class QueryBuilder(string path)
{
    readonly StringBuilder _text = new(path);
    char _separator = '?';

    public QueryBuilder Add(string name, string? value)
    {
        if (string.IsNullOrEmpty(value))
            return this;
        _text.Append(_separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
        _separator = '&';
        return this;
    }

    public QueryBuilder Add(string name, long? value) => Add(name, value?.ToString(CultureInfo.InvariantCulture));

    public override string ToString() => _text.ToString();
}
