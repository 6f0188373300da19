using System.Globalization;
using Batch.Client;

namespace Batch.Benchmarks.Soak;

/// <summary>The reckoning of a round, when all faults are over: ledger, API and tables agree about every upload.</summary>
/// <param name="before">Jobs of the rounds before; those of this one are added.</param>
internal sealed class SoakCheck(SoakSystem system, SoakLedger ledger, HashSet<string> before)
{
    const int Verified = 2_000;
    static readonly TimeSpan OverLimit = TimeSpan.FromMinutes(6);

    public int Jobs { get; private set; }

    public long LoadedRows { get; private set; }

    /// <summary>What is wrong, in words.</summary>
    public async Task<List<string>> RunAsync()
    {
        var breaches = new List<string>();
        var jobs = new Dictionary<string, JobStatus>(StringComparer.Ordinal);
        foreach (var tenant in SoakSystem.Tenants)
            foreach (var job in await OverAsync(tenant))
                if (before.Add(job.JobId))
                    jobs[job.JobId] = job;
        Jobs = jobs.Count;
        List<string> models = [.. jobs.Values.Select(job => job.ModelId).Distinct()];
        var loaded = await LoadedAsync(models);
        LoadedRows = loaded.Values.Sum(one => one.Rows);
        var files = ledger.All.GroupBy(sent => sent.File.Name).ToDictionary(group => group.Key, group => group.ToList());

        foreach (var sent in ledger.All.Where(sent => sent is { JobId: not null, Promise: Promise.Whole } && !jobs.ContainsKey(sent.JobId)))
            breaches.AddRange(SoakLedger.Breaches(sent, null, default));
        foreach (var job in jobs.Values)
        {
            if (job.SourceJobId is not null)
            {
                var has = loaded.GetValueOrDefault(job.JobId);
                if (!job.IsOver || job.Success + job.Errors + job.Abandoned != job.Total || has.Rows != job.Success || has.Distinct != job.Success)
                    breaches.Add($"The repair {job.JobId} is {job.State} with {job.Success} + {job.Errors} + {job.Abandoned} of {job.Total} rows; {has}.");
            }
            else if (job.FileName is null || !files.TryGetValue(job.FileName, out var known))
                breaches.Add($"Nobody has submitted job {job.JobId} ({job.FileName}).");
            else
            {
                var sent = known.Find(one => one.JobId == job.JobId && one.Promise == Promise.Whole) ?? known.Find(one => one.JobId == job.JobId)
                    ?? known[0] with { JobId = job.JobId, Promise = Promise.Conserved };
                breaches.AddRange(SoakLedger.Breaches(sent, job, loaded.GetValueOrDefault(job.JobId)));
            }
        }
        foreach (var (name, sent) in files)
        {
            var times = jobs.Values.Where(job => job.FileName == name && job.SourceJobId is null).Sum(job => job.Success);
            if (times > sent[0].File.Good)
                breaches.Add($"{name} has {sent[0].File.Good} good rows, and {times} were loaded in all.");
        }
        breaches.AddRange(loaded.Keys.Where(job => !jobs.ContainsKey(job)).Select(job => $"The tables have rows of the job {job}, which is not listed."));
        await VerifyAsync(jobs.Values, breaches);
        foreach (var tenant in SoakSystem.Tenants)
            breaches.AddRange((await system.Of(tenant).ListDeadLettersAsync(new DeadLetterQuery(), CancellationToken.None)).DeadLetters
                .Select(letter => $"Dead letter {letter.DeadLetterId} of {tenant}: {letter.Error}"));
        // Room for the next round.
        foreach (var model in models)
            await system.SqlAsync($"DROP TABLE IF EXISTS data_{model} SYNC");
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
                var page = await system.Of(tenant).ListJobsAsync(new JobQuery { Limit = 1_000, Cursor = cursor }, CancellationToken.None);
                all.AddRange(page.Jobs);
                cursor = page.Next;
            }
            while (cursor is not null);
            if (all.TrueForAll(job => job.IsOver) || DateTime.UtcNow > until)
                return all;
        }
    }

    async Task<Dictionary<string, Loaded>> LoadedAsync(IEnumerable<string> models)
    {
        var loaded = new Dictionary<string, Loaded>(StringComparer.Ordinal);
        foreach (var model in models)
        {
            var lines = await system.SqlAsync(
                $"SELECT _job_id, count(), uniqExact(_row), toInt64(sum(amount) * 4) FROM data_{model} GROUP BY _job_id FORMAT TSV");
            foreach (var line in lines.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                var fields = line.Split('\t');
                loaded[fields[0]] = new(Number(fields[1]), Number(fields[2]), Number(fields[3]));
            }
        }
        return loaded;

        static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
    }

    async Task VerifyAsync(IEnumerable<JobStatus> jobs, List<string> breaches)
    {
        foreach (var job in jobs.OrderByDescending(job => job.Total).Take(Verified))
        {
            var report = await system.Of(job.TenantId).VerifyAsync(job.JobId, CancellationToken.None);
            if (!report.Consistent || !report.Final)
                breaches.Add($"verify of {job.JobId} ({job.FileName}, {job.State}): {report.NotFinal} {string.Join(' ', report.Breaches)}");
        }
    }
}
