using System.Text.Json;
using Batch.Client;
using Batch.Csv.Dialects;

namespace Batch.Core.Models;

/// <summary>The same dialect on the wire and in the reader: one JSON text for both.</summary>
public static class DialectWire
{
    public static Dialect? ToWire(this FileDialect? dialect) =>
        dialect is null ? null : JsonSerializer.Deserialize(dialect.ToString(), BatchJson.Default.Dialect);
}
