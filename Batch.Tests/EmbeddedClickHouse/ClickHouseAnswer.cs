using System.Net;

namespace Batch.Tests.EmbeddedClickHouse;

/// <summary>An answer of the ClickHouse process, read to its end.</summary>
public sealed record ClickHouseAnswer(HttpStatusCode Status, string Text, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>ClickHouse's error code; 0 where there is none.</summary>
    public int ErrorCode => Headers.TryGetValue("X-ClickHouse-Exception-Code", out var code) ? int.Parse(code) : 0;
}
