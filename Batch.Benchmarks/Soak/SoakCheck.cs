using System.Globalization;
using Batch.Client;

namespace Batch.Benchmarks.Soak;

/// <summary>The reckoning of a round, when all faults are over: ledger, API and tables agree about every upload.</summary>
/// <param name="before">Jobs of the rounds before; those of this one are added.</param>
internal sealed class SoakCheck(SoakSystem system, SoakLedger ledger, HashSet<string> before)
{
    const int Verified = 2_000;
    static readonly TimeSpan OverLimit = TimeSpan.FromMinutes(6);
    // The machine may be busy: an answer that is late is asked for again.
    static readonly TimeSpan AnswerLimit = TimeSpan.FromMinutes(4);

    public int Jobs { get; private set; }

    public long LoadedRows { get; private set; }

    /// <summary>What is wrong, in words.</summary>
    public async Task<List<string>> RunAsync()
    {
        var jobs = new Dictionary<string, JobStatus>(StringComparer.Ordinal);
        foreach (var tenant in SoakSystem.Tenants)
            foreach (var job in await OverAsync(tenant))
                if (!before.Contains(job.JobId))
                    jobs[job.JobId] = job;
        var tables = await LinesAsync("SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'data_')");
        var loaded = await LoadedAsync(tables);
        (Jobs, LoadedRows) = (jobs.Count, loaded.Values.Sum(one => one.Rows));

        List<string> breaches = [.. ledger.Breaches(jobs, loaded)];
        await VerifyAsync(jobs.Values, breaches);
        breaches.AddRange((await LinesAsync("SELECT tenant_id, job_id, error FROM dead_letters LIMIT 20")).Select(letter => $"Dead letter: {letter}"));
        before.UnionWith(jobs.Keys);
        // Room for the next round.
        if (breaches.Count == 0)
            foreach (var table in tables)
                await LinesAsync($"DROP TABLE IF EXISTS {table} SYNC");
        return breaches;
    }

    /// <summary>All jobs of a tenant, once none is open any more, or time is up.</summary>
    async Task<List<JobStatus>> OverAsync(string tenant)
    {
        for (var until = DateTime.UtcNow + OverLimit; ; await Task.Delay(2_000))
        {
            var all = new List<JobStatus>();
            string? cursor = null;
            do
            {
                var page = await AnswerAsync(() => system.Of(tenant).ListJobsAsync(new JobQuery { Limit = 1_000, Cursor = cursor }, CancellationToken.None));
                all.AddRange(page.Jobs);
                cursor = page.Next;
            }
            while (cursor is not null);
            if (all.TrueForAll(job => job.IsOver) || DateTime.UtcNow > until)
                return all;
        }
    }

    /// <summary>What the tables have of each job of this round.</summary>
    async Task<Dictionary<string, Loaded>> LoadedAsync(IEnumerable<string> tables)
    {
        var loaded = new Dictionary<string, Loaded>(StringComparer.Ordinal);
        foreach (var table in tables)
        {
            var lines = await LinesAsync($"SELECT _job_id, count(), uniqExact(_row), toInt64(sum(amount) * 4) FROM {table} GROUP BY _job_id");
            foreach (var fields in lines.Select(line => line.Split('\t')))
                loaded[fields[0]] = new(Number(fields[1]), Number(fields[2]), Number(fields[3]), 0);
        }
        foreach (var fields in (await LinesAsync("SELECT job_id, uniqExact(row) FROM rejected_rows GROUP BY job_id")).Select(line => line.Split('\t')))
            if (!before.Contains(fields[0]))
                loaded[fields[0]] = loaded.GetValueOrDefault(fields[0]) with { Rejected = Number(fields[1]) };
        return loaded;

        static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
    }

    async Task VerifyAsync(IEnumerable<JobStatus> jobs, List<string> breaches)
    {
        foreach (var job in jobs.OrderByDescending(job => job.Total).Take(Verified))
        {
            var report = await FinalAsync(job);
            if (!report.Consistent || !report.Final)
                breaches.Add($"verify of {job.JobId} ({job.FileName}, {job.State}): {report.NotFinal} {string.Join(' ', report.Breaches)}");
        }
    }

    /// <summary>Of a broken upload it is known only after a while that no chunk comes any more.</summary>
    async Task<VerifyReport> FinalAsync(JobStatus job)
    {
        for (var until = DateTime.UtcNow + OverLimit; ; await Task.Delay(5_000))
        {
            var report = await AnswerAsync(() => system.Of(job.TenantId).VerifyAsync(job.JobId, CancellationToken.None));
            if (report.Final || DateTime.UtcNow > until)
                return report;
        }
    }

    async Task<string[]> LinesAsync(string sql) => (await AnswerAsync(() => system.SqlAsync(sql))).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    static async Task<T> AnswerAsync<T>(Func<Task<T>> ask)
    {
        for (var until = DateTime.UtcNow + AnswerLimit; ; await Task.Delay(2_000))
        {
            try
            {
                return await ask();
            }
            catch (Exception fault) when (DateTime.UtcNow < until
                && fault is BatchApiException or BatchUnreachableException or HttpRequestException or IOException or TaskCanceledException)
            {
                Console.WriteLine($"Asked again: {fault.Message}");
            }
        }
    }
}
