using Batch.Client;
using Batch.Csv.Schema;

namespace Batch.Core.Models;

/// <summary>Puts canonical columns on the wire.</summary>
public static class ModelColumns
{
    public static ModelColumn ToWire(Column column) => new()
    {
        Name = column.Name,
        Type = column.TypeName,
        ClickhouseType = column.ClickHouseType,
        Required = !column.Optional,
        AllowedValues = column.AllowedValues.Count == 0 ? null : column.AllowedValues,
        Minimum = column.Minimum,
        Maximum = column.Maximum,
        Length = column.Length,
        Iso8601 = column.Iso8601,
        DateFormat = column.DateFormat,
    };
}
