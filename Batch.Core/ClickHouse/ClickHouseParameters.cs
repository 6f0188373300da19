using System.Data.Common;
using ClickHouse.Driver.ADO.Parameters;

namespace Batch.Core.ClickHouse;

/// <summary>Values for the <c>{name:Type}</c> placeholders of a query. The driver writes them as their type says; they never become part of its text.</summary>
/// <remarks>May be given to several queries, also at once.</remarks>
public sealed class ClickHouseParameters
{
    readonly List<ClickHouseDbParameter> _parameters = [];

    public ClickHouseParameters Add(string name, string value) => AddValue(name, value);

    public ClickHouseParameters Add(string name, long value) => AddValue(name, value);

    /// <summary>An <c>Array(String)</c>.</summary>
    public ClickHouseParameters Add(string name, IEnumerable<string> values) => AddValue(name, values.ToArray());

    /// <summary>An <c>Array(Tuple(String, String))</c>.</summary>
    public ClickHouseParameters Add(string name, IEnumerable<(string, string)> values) => AddValue(name, values.ToArray());

    /// <summary>An array of whole numbers.</summary>
    public ClickHouseParameters Add(string name, IEnumerable<long> values) => AddValue(name, values.ToArray());

    internal void CopyTo(DbParameterCollection parameters)
    {
        foreach (var parameter in _parameters)
            parameters.Add(parameter);
    }

    ClickHouseParameters AddValue(string name, object value)
    {
        _parameters.Add(new() { ParameterName = name, Value = value });
        return this;
    }
}
