using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Batch.Core.ClickHouse;
using Batch.Tests.Deployment;

namespace Batch.Tests.EmbeddedClickHouse;

/// <summary>Every table keeps the file of its deduplication tokens open, so the limit of open files bounds the number of models.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class OpenFilesTests
{
    const string Prlimit = "/usr/bin/prlimit";
    const int MostTables = 400;

    [SkippableFact]
    public async Task It_uses_all_descriptors_that_the_machine_grants_not_only_those_of_the_soft_limit()
    {
        Tool.Require(Prlimit);
        using var clickHouse = await ClickHouseProcess.StartAsync();

        var (soft, hard) = await LimitsAsync(clickHouse);

        Assert.Equal(hard, soft);
    }

    [SkippableFact]
    public async Task Too_many_open_files_is_a_transient_error_after_which_every_table_has_what_was_acknowledged_and_takes_rows_again()
    {
        Tool.Require(Prlimit);
        using var clickHouse = await ClickHouseProcess.StartAsync();
        var (before, _) = await LimitsAsync(clickHouse);
        var limit = Directory.GetFileSystemEntries($"/proc/{clickHouse.ProcessId}/fd").Length + 60;
        await PrlimitAsync(clickHouse, $"--nofile={limit}:");
        var acknowledged = new List<int>();
        var refused = new List<int>();
        for (var table = 0; refused.Count < 3 && table < MostTables; table++)
        {
            var answer = await CreateAsync(clickHouse, table);
            if (answer.Status == HttpStatusCode.OK)
                answer = await InsertAsync(clickHouse, table);
            if (answer.Status == HttpStatusCode.OK)
            {
                acknowledged.Add(table);
                continue;
            }
            Assert.Contains("Too many open files", answer.Text, StringComparison.Ordinal);
            Assert.True(ClickHouseErrors.IsTransient(int.Parse(answer.Headers["X-ClickHouse-Exception-Code"], CultureInfo.InvariantCulture)), answer.Text);
            refused.Add(table);
        }
        Assert.NotEmpty(acknowledged);
        Assert.Equal(3, refused.Count);

        await PrlimitAsync(clickHouse, $"--nofile={before}:");
        foreach (var restarted in (bool[])[false, true])
        {
            if (restarted)
            {
                clickHouse.Kill9();
                await clickHouse.RestartAsync();
            }
            foreach (var table in acknowledged)
                Assert.Equal("1\n", await clickHouse.QueryAsync($"SELECT count() FROM {NameOf(table)}"));
            foreach (var table in refused)
            {
                Assert.Equal(HttpStatusCode.OK, (await CreateAsync(clickHouse, table)).Status);
                Assert.Equal(HttpStatusCode.OK, (await InsertAsync(clickHouse, table)).Status);
                Assert.Equal("1\n", await clickHouse.QueryAsync($"SELECT count() FROM {NameOf(table)}"));
            }
        }
        await clickHouse.StopAsync();
    }

    static string NameOf(int table) => $"data_{table:x32}";

    static Task<ClickHouseAnswer> CreateAsync(ClickHouseProcess clickHouse, int table) => clickHouse.PostAsync(
        $"CREATE TABLE IF NOT EXISTS {NameOf(table)} (a Int64) ENGINE = MergeTree ORDER BY a SETTINGS {ClickHouseTables.Deduplication}", []);

    static Task<ClickHouseAnswer> InsertAsync(ClickHouseProcess clickHouse, int table) => clickHouse.PostAsync(
        $"INSERT INTO {NameOf(table)} FORMAT TSV", Encoding.ASCII.GetBytes("1\n"),
        new Dictionary<string, string> { ["insert_deduplication_token"] = $"job:{table}" });

    static async Task<(long Soft, long Hard)> LimitsAsync(ClickHouseProcess clickHouse)
    {
        var words = (await PrlimitAsync(clickHouse, "--nofile", "--output=SOFT,HARD", "--noheadings", "--raw")).Trim().Split(' ');
        return (long.Parse(words[0], CultureInfo.InvariantCulture), long.Parse(words[^1], CultureInfo.InvariantCulture));
    }

    static async Task<string> PrlimitAsync(ClickHouseProcess clickHouse, params string[] arguments)
    {
        var start = new ProcessStartInfo(Prlimit, [$"--pid={clickHouse.ProcessId}", .. arguments]);
        var (exitCode, output, errors) = await Tool.RunAsync(start, TimeSpan.FromMinutes(1));
        Assert.True(exitCode == 0, errors);
        return output;
    }
}
