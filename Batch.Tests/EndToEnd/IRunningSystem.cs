using Batch.Client;

namespace Batch.Tests.EndToEnd;

/// <summary>A running Batch as its users see it: its API, and ClickHouse to look into.</summary>
public interface IRunningSystem
{
    BatchClient Api { get; }

    /// <summary>What ClickHouse answers, trimmed.</summary>
    Task<string> QueryAsync(string sql);
}
