using Batch.Core.ClickHouse;
using Batch.Tests.ClickHouse;

namespace Batch.Tests.Jobs;

/// <summary>Makes jobs older than they are.</summary>
internal static class JobAges
{
    /// <summary>As if all that is known of the jobs had happened that much earlier.</summary>
    public static async Task AgeJobsAsync(this ClickHouseClient clickHouse, int seconds)
    {
        const string columns =
            "tenant_id, job_id, event, ordinal, at, model_id, final_state, header_line, facts";
        await ExecuteAsync("CREATE TABLE aged AS job_events");
        await ExecuteAsync($"INSERT INTO aged ({columns}) SELECT {columns} FROM (SELECT * REPLACE(at - INTERVAL {seconds} SECOND AS at) FROM job_events)");
        await ExecuteAsync("DROP TABLE job_events SYNC");
        await ExecuteAsync("RENAME TABLE aged TO job_events");

        Task ExecuteAsync(string sql) => clickHouse.ExecuteAsync(sql, null, ClickHouseScope.Soon);
    }
}
