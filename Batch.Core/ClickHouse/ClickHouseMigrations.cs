using System.Text.Json.Serialization;

namespace Batch.Core.ClickHouse;

/// <summary>Makes the database and Batch's own tables, or brings an older layout up to date.</summary>
/// <remarks>
/// Every statement is idempotent, so any number of processes may start at once and any of them may die
/// half-way: the next one goes through all of it again. The layout's number is written last, when all before it is there.
/// </remarks>
public sealed partial class ClickHouseMigrations(ClickHouseClient clickHouse)
{
    /// <summary>
    /// The layout that this version of Batch works with. Who changes a table that is there counts this up and adds the way from the last one.
    /// </summary>
    public const int CurrentLayout = 5;

    readonly TaskCompletionSource _applied = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when this process has found all tables in their current layout. What is read before may be half copied.</summary>
    public Task Applied => _applied.Task;

    /// <exception cref="ClickHouseException">ClickHouse said no, or could not be reached.</exception>
    /// <exception cref="NewerLayoutException">A newer Batch has been here.</exception>
    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
        await ApplyAllAsync(cancellationToken);
        _applied.TrySetResult();
    }

    async Task ApplyAllAsync(CancellationToken cancellationToken)
    {
        // Without a database in the request: it may not be there yet.
        await clickHouse.ExecuteAsync(
            $"CREATE DATABASE IF NOT EXISTS {ClickHouseIdentifier.Quote(clickHouse.Database)}", null, database: null, cancellationToken);
        await clickHouse.ExecuteAsync(
            $"""
            CREATE TABLE IF NOT EXISTS {ClickHouseTables.SchemaVersion} (layout UInt32, applied_at DateTime DEFAULT now())
            ENGINE = MergeTree ORDER BY layout
            """, null, cancellationToken);
        var found = (await clickHouse.QueryAsync(
            $"SELECT max(layout) AS layout FROM {ClickHouseTables.SchemaVersion}", null, LayoutJson.Default.LayoutRow, cancellationToken))[0].Layout;
        if (found > CurrentLayout)
            throw new NewerLayoutException(clickHouse.Database, found, CurrentLayout);

        foreach (var table in ClickHouseTables.Tables)
            await clickHouse.ExecuteAsync(table, null, cancellationToken);
        if (found == 1)
            await new JobEventsUpgrade(clickHouse).ApplyAsync(cancellationToken);
        if (found is > 0 and < CurrentLayout)
        {
            foreach (var alter in ClickHouseTables.Layout5)
                await clickHouse.ExecuteAsync(alter, null, cancellationToken);
            await new ReceiptsUpgrade(clickHouse).ApplyAsync(cancellationToken);
        }
        foreach (var view in ClickHouseTables.Views(found == CurrentLayout ? ClickHouseTables.CreateView : ClickHouseTables.ReplaceView))
            await clickHouse.ExecuteAsync(view, null, cancellationToken);
        if (found == CurrentLayout)
            return;
        await clickHouse.ExecuteAsync(
            $"INSERT INTO {ClickHouseTables.SchemaVersion} (layout) SELECT {CurrentLayout}", null, cancellationToken);
    }

    internal sealed record LayoutRow(int Layout);

    internal sealed record NameRow(string Name);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    [JsonSerializable(typeof(LayoutRow))]
    [JsonSerializable(typeof(NameRow))]
    internal sealed partial class LayoutJson : JsonSerializerContext;
}
