using Batch.Core.ClickHouse;
using Batch.Tests.ClickHouse;

namespace Batch.Tests.Jobs;

/// <summary>Makes jobs older than they are.</summary>
internal static class JobAges
{
    /// <summary>As if all that is known of the jobs had happened that much earlier.</summary>
    public static async Task AgeJobsAsync(this ClickHouseClient clickHouse, int seconds)
    {
        await AgeAsync("job_events", "tenant_id, job_id, event, at, model_id, final_state, header_line, facts", "at");
        await AgeAsync("receipts", "tenant_id, job_id, ordinal, rows, success, errors, worker, started_at, finished_at", "started_at", "finished_at");

        async Task AgeAsync(string table, string columns, params string[] times)
        {
            await ExecuteAsync($"CREATE TABLE aged_{table} AS {table}");
            await ExecuteAsync(
                $"INSERT INTO aged_{table} ({columns}) SELECT {columns} FROM (SELECT * REPLACE({string.Join(", ", times.Select(time => $"{time} - INTERVAL {seconds} SECOND AS {time}"))}) FROM {table})");
            await ExecuteAsync($"DROP TABLE {table} SYNC");
            await ExecuteAsync($"RENAME TABLE aged_{table} TO {table}");
        }

        Task ExecuteAsync(string sql) => clickHouse.ExecuteAsync(sql, null, ClickHouseScope.Soon);
    }
}
