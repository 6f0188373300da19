using System.Collections.Concurrent;
using System.Text.Json.Serialization;

namespace Batch.Core.ClickHouse;

public sealed partial class ClickHouseClient
{
    /// <summary>Crashes of ClickHouse that the same rows survive.</summary>
    const int MaxTokens = 8;

    const int MaxKnownTables = 10_000;
    readonly ConcurrentDictionary<string, bool> _replicated = new();

    /// <summary>Inserts rows unless they are there, whatever the outcome of earlier attempts, including those that a crash of ClickHouse cut short.</summary>
    /// <remarks>
    /// A running server commits a token and its rows under one lock. But a table without replicas keeps tokens in a file,
    /// beside the parts: up to 26.7 it writes the token just before the part gets its name, later versions just after. A server killed in between
    /// restarts either with a token whose rows are missing, and drops them when they are sent again, or with rows whose token it does not
    /// know, and inserts them twice (MergeTreeSink::commitPart; ClickHouse issue 111577 for a power cut). So for inserts that may have been running
    /// then, a token is not enough: look, insert, look again. A token that has no rows after an insert under it never will, so the
    /// rows are inserted under the next one, which is the same for every worker.
    /// <para>Replicas commit token and part in one transaction, and a read may hit a lagging replica: there the token alone decides.</para>
    /// </remarks>
    /// <param name="token">Of the rows; the next ones are made of it.</param>
    /// <param name="look">Reads whether the rows are there, and whatever else the caller needs.</param>
    /// <param name="areThere">Whether that look found the rows, or any of them, in the table.</param>
    /// <param name="insert">Inserts all of them as one block under the token it is given.</param>
    /// <returns>The last look, which came after the rows were inserted.</returns>
    /// <exception cref="ClickHouseException">The rows may be missing; may be repeated if it is transient.</exception>
    public async Task<T> InsertOnceAsync<T>(
        string table, string token, Func<Task<T>> look, Func<T, bool> areThere, Func<string, Task> insert, CancellationToken cancellationToken)
    {
        if (await IsReplicatedAsync(table, cancellationToken))
        {
            await insert(token);
            return await look();
        }
        T seen;
        for (var next = 0; !areThere(seen = await look()); next++)
        {
            if (next == MaxTokens)
                throw new ClickHouseException(
                    0, $"ClickHouse accepted rows of {table} {MaxTokens} times (token '{token}') but shows none of them. "
                    + "Look for a TTL, a row policy or a mutation that removes or hides rows of this table.", isTransient: false);
            await insert(next == 0 ? token : $"{token}~{next}");
        }
        return seen;
    }

    /// <summary>Whether there is a table of this name.</summary>
    public async Task<bool> HasTableAsync(string table, CancellationToken cancellationToken) => await EngineAsync(table, cancellationToken) is not null;

    async Task<string?> EngineAsync(string table, CancellationToken cancellationToken) => (await QueryAsync(
        "SELECT engine FROM system.tables WHERE database = currentDatabase() AND name = {table:String}",
        new ClickHouseParameters().Add("table", table), ClickHouseJson.Default.EngineRow, cancellationToken)).FirstOrDefault()?.Engine;

    async Task<bool> IsReplicatedAsync(string table, CancellationToken cancellationToken)
    {
        if (_replicated.TryGetValue(table, out var known))
            return known;
        // SharedMergeTree is ClickHouse Cloud's.
        if (await EngineAsync(table, cancellationToken) is not { } engine)
            return false;
        if (_replicated.Count >= MaxKnownTables)
            _replicated.Clear();
        return _replicated[table] = engine.StartsWith("Replicated", StringComparison.Ordinal) || engine.StartsWith("Shared", StringComparison.Ordinal);
    }
}

internal sealed record EngineRow(string Engine);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(EngineRow))]
internal sealed partial class ClickHouseJson : JsonSerializerContext;
