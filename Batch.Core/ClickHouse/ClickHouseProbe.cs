using System.Text;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;

namespace Batch.Core.ClickHouse;

/// <summary>Whether ClickHouse works for Batch: its tables are there, a row can be read and one can be written.</summary>
/// <remarks>
/// Tables that are gone are made again.
/// A row is written only if nobody has written one for <see cref="WriteEvery"/>. So any number of processes write about as much as one, and each of
/// them tries while writing fails.
/// </remarks>
public sealed partial class ClickHouseProbe(
    ClickHouseClient clickHouse, ClickHouseMigrations migrations, TimeProvider time, ILogger<ClickHouseProbe> logger)
{
    static readonly TimeSpan WriteEvery = TimeSpan.FromSeconds(10);
    // Most starts are over by then, and who asks for the health waits a little longer.
    static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(2);
    static readonly byte[] Row = Encoding.UTF8.GetBytes("{\"id\":0}\n");

    /// <exception cref="ClickHouseException">It does not; the message says why.</exception>
    /// <exception cref="NewerLayoutException">A newer Batch has been here.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        var missing = await MissingAsync(cancellationToken);
        // Until they are made for the first time that is up to who starts: it may be copying what an older layout left.
        if (missing.Count > 0 && !migrations.Applied.IsCompleted)
        {
            await migrations.Applied.WaitAsync(StartPatience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            missing = await MissingAsync(cancellationToken);
        }
        if (missing.Count > 0)
            await MakeAgainAsync(missing, cancellationToken);
        var found = (await clickHouse.QueryAsync(
            $"""
            SELECT
                (SELECT max(layout) FROM {ClickHouseTables.SchemaVersion}) AS layout,
                (SELECT countIf(at > now64(3) - toIntervalSecond({WriteEvery.TotalSeconds:0})) FROM {ClickHouseTables.Probes}) AS writes
            """, null, ProbeJson.Default.FoundRow, cancellationToken))[0];
        if (found.Layout > ClickHouseMigrations.CurrentLayout)
            throw new NewerLayoutException(clickHouse.Database, found.Layout, ClickHouseMigrations.CurrentLayout);
        if (found.Writes == 0)
            await clickHouse.InsertJsonAsync(ClickHouseTables.Probes, ["id"], Row, 1, ClickHouseClient.NewToken(), cancellationToken);
    }

    async Task<List<string>> MissingAsync(CancellationToken cancellationToken)
    {
        try
        {
            var there = await clickHouse.QueryAsync(
                $"""
                SELECT name FROM system.tables
                WHERE database = currentDatabase() AND name IN ({string.Join(", ", ClickHouseTables.Names.Select(name => $"'{name}'"))})
                """, null, ProbeJson.Default.NameRow, cancellationToken);
            return [.. ClickHouseTables.Names.Except(there.Select(table => table.Name))];
        }
        catch (ClickHouseException exception) when (exception.ErrorCode == ClickHouseErrors.UnknownDatabase)
        {
            return [.. ClickHouseTables.Names];
        }
    }

    /// <exception cref="ClickHouseException">Always, so that health says for a while what happened.</exception>
    async Task MakeAgainAsync(List<string> missing, CancellationToken cancellationToken)
    {
        var (names, isOne) = (string.Join(", ", missing), missing.Count == 1);
        if (!migrations.Applied.IsCompleted)
            throw Missing($"{clickHouse.Database} has no {(isOne ? "table" : "tables")} {names} yet: Batch is starting.");
        await migrations.ApplyAsync(cancellationToken);
        TablesMade(logger, clickHouse.Database, names);
        throw Missing(isOne
            ? $"The table {names} of {clickHouse.Database} was gone and is made again. What was in it is lost."
            : $"The tables {names} of {clickHouse.Database} were gone and are made again. What was in them is lost.");
    }

    static ClickHouseException Missing(string message) => new(ClickHouseErrors.UnknownTable, message, isTransient: true);

    [LoggerMessage(1301, LogLevel.Error, "Tables of {Database} were gone and are made again: {Tables}. What was in them is lost.")]
    static partial void TablesMade(ILogger logger, string database, string tables);

    internal sealed record NameRow(string Name);

    internal sealed record FoundRow(int Layout, long Writes);

    [JsonSourceGenerationOptions(
        PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowReadingFromString)]
    [JsonSerializable(typeof(NameRow))]
    [JsonSerializable(typeof(FoundRow))]
    internal sealed partial class ProbeJson : JsonSerializerContext;
}
