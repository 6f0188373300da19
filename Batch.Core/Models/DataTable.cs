using Batch.Core.ClickHouse;
using Batch.Csv.Schema;

namespace Batch.Core.Models;

/// <summary>DDL of a model's table <c>data_&lt;model_id&gt;</c>: the model's columns, then where each row came from.</summary>
internal static class DataTable
{
    public static string Create(string table, ModelSchema schema)
    {
        var columns = string.Join(",\n    ", schema.Columns.Select(Define));
        var orderBy = string.Join(", ", schema.OrderBy.Select(ClickHouseIdentifier.Quote));
        // Rows of a file follow each other, so their differences are all 1 and next to nothing is stored. The index lets one job's
        // rows be found and counted without reading everybody's.
        // A load makes a part for each chunk. Merging 32 of them at a time, not five or six, writes rows less often, and later, when the load does not
        // need the processor any more. Small parts count as equal to ClickHouse, so that of many small jobs every merge takes in what all before it
        // have made: with ten at a time a row was written some 14 times within 2,560 jobs.
        return $"""
            CREATE TABLE IF NOT EXISTS {ClickHouseIdentifier.Quote(table)}
            (
                {columns},
                `_job_id` LowCardinality(String),
                `_row` UInt64 CODEC(Delta, LZ4),
                `_ingested_at` DateTime DEFAULT now() CODEC(Delta, LZ4),
                INDEX `_job` `_job_id` TYPE set(64) GRANULARITY 4
            )
            ENGINE = MergeTree ORDER BY ({orderBy})
            SETTINGS min_parts_to_merge_at_once = 32, {ClickHouseTables.Deduplication}{(HasTime(schema.Columns) ? $", {AllowTime}" : "")}
            """;
    }

    /// <summary>Null where the table can stay as it is. Repeating it does no harm.</summary>
    /// <param name="last">The column after which new ones go.</param>
    public static string? Alter(string table, SchemaChange change, Column last)
    {
        if (change.LeavesTableAlone)
            return null;
        var actions = new List<string>();
        foreach (var column in change.Added)
        {
            actions.Add($"ADD COLUMN IF NOT EXISTS {Define(column)} AFTER {ClickHouseIdentifier.Quote(last.Name)}");
            last = column;
        }
        foreach (var (_, to) in change.Widened)
            actions.Add($"MODIFY COLUMN {Define(to)}");
        var settings = HasTime([.. change.Added, .. change.Widened.Select(widened => widened.To)]) ? $" SETTINGS {AllowTime}" : "";
        return $"ALTER TABLE {ClickHouseIdentifier.Quote(table)} {string.Join(", ", actions)}{settings}";
    }

    /// <summary>Off by default in older versions of ClickHouse, which then refuse a Time column.</summary>
    const string AllowTime = "enable_time_time64_type = 1";

    static bool HasTime(IEnumerable<Column> columns) => columns.Any(column => column.Type == ColumnType.Time);

    static string Define(Column column) => $"{ClickHouseIdentifier.Quote(column.Name)} {column.ClickHouseType}";
}
