namespace Batch.EmbeddedClickHouse.Engine;

/// <summary>Settings that every connection starts with.</summary>
internal static class EngineDefaults
{
    /// <summary>
    /// An insert is acknowledged when it is a part on disk, so inserts are not gathered behind the client's back. A lone word is
    /// a syntax error, as on a server, not the name of a column.
    /// </summary>
    internal static IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string>
    {
        ["async_insert"] = "0",
        ["implicit_select"] = "0",
    };
}
