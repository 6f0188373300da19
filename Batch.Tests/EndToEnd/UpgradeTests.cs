using System.Formats.Tar;
using System.IO.Compression;
using Batch.Client;

namespace Batch.Tests.EndToEnd;

/// <summary>
/// <c>Upgrade/layout-3.tar.gz</c> is the data folder of a Batch of table layout 3, whose rows may have quotes anywhere: jobs that are over, one of
/// them repaired and one labelled, and a labelled load of 90,000 rows, which was killed as soon as its chunks were loaded.
/// </summary>
[Collection("end to end")]
[Trait("Tier", "system")]
public sealed class UpgradeTests
{
    const string First = "8cb9c9e53a204f7e8b928592f04d7ef4", Repair = "a05c1ae40d634826a96cfd33860b6a24",
        Nightly = "63f01a80f2ba8bc77e7c5238bd220c4d", OneColumn = "791afd988b8d4ff090cc24c2dda1433b", Pending = "bcb54e15b50e05eee88830b9a44f78ee";

    [Fact]
    public async Task A_data_folder_of_the_last_layout_stays_in_use_and_what_was_loaded_by_its_rules_is_unchanged()
    {
        await using var system = new SystemProcesses();
        await UnpackAsync(system.DataFolder);
        await system.StartAsync();

        // Every third row has a quote inside a field, which was text then; 22 rows, 7 of them such ones, have no number where there should be one.
        var pending = await system.Api.WaitUntilOverAsync(Pending);
        Assert.Equal((JobState.PartialSuccess, 90_000L, 89_978L, 22L, "pending"),
            (pending.State, pending.Total, pending.Success, pending.Errors, pending.Label));
        Assert.Equal(
            "29993",
            await system.QueryAsync($"SELECT count() FROM data_{pending.ModelId} WHERE _job_id = '{Pending}' AND name = '5\" pipe' FORMAT TSV"));

        foreach (var (id, total, success) in new[] { (Pending, 90_000L, 89_978L), (First, 5L, 2L), (Repair, 2L, 2L), (Nightly, 1L, 1L), (OneColumn, 2L, 2L) })
        {
            var job = await system.Api.GetJobAsync(id, default);
            Assert.Equal((total, success, total - success, 0L), (job.Total, job.Success, job.Errors, job.Abandoned));
            await system.ConservedAsync(job);
            var report = await system.Api.VerifyAsync(id, default);
            Assert.True(report.Consistent, $"{id}: {string.Join(' ', report.Breaches)}");
        }

        // A row that was repaired before is left out, and a repair made by the last version belongs to the file.
        var first = await system.Api.GetJobAsync(First, default);
        Assert.Equal(2, first.Repaired);
        var rest = await system.Api.ReprocessAsync(First, new ReprocessRequest { Set = new Dictionary<string, string> { ["name"] = "Cid" } }, default);
        Assert.Equal(2, rest.AlreadyRepaired);
        rest = await system.Api.WaitUntilOverAsync(rest.JobId);
        Assert.Equal((JobState.Success, 1L, 1L), (rest.State, rest.Total, rest.Success));
        var lineage = (await system.Api.VerifyAsync(First, default)).Lineage!;
        Assert.Equal([Repair, rest.JobId], lineage.RepairJobIds);
        Assert.Equal((5L, 5L, 0L), (lineage.Total, lineage.Loaded, lineage.LoadedTwice));

        // A label keeps its job; of a file that was loaded before there were digests, none can be missed.
        var nightly = await system.Api.CreateJobAsync(
            new CreateJobRequest { ModelId = pending.ModelId, Label = "nightly" }, CsvText.Of("id,name,qty\n10,Label,1\n"), default);
        Assert.Equal(Nightly, nightly.JobId);

        // And quotes are what they are now.
        var stray = await system.Api.CreateJobAsync(
            new CreateJobRequest { ModelId = pending.ModelId }, CsvText.Of("id,name,qty\n1,5\" pipe,1\n2,plain,2\n"), default);
        stray = await system.Api.WaitUntilOverAsync(stray.JobId);
        Assert.Equal((JobState.PartialSuccess, 1L, 1L), (stray.State, stray.Success, stray.Errors));

        // Nothing is left to be changed by the next start.
        Assert.Equal(0, await system.StopAsync());
        await system.StartAsync();
        Assert.Equal(89_978, (await system.Api.GetJobAsync(Pending, default)).Success);
        Assert.DoesNotContain("warn", system.Output, StringComparison.OrdinalIgnoreCase);
    }

    /// <remarks>
    /// <c>Upgrade/local-log.tar.gz</c> is the data folder of the last Batch whose log was not Kafka's. It was killed twice with a job of 60,000 rows under
    /// way: of its 23 chunks some are loaded and committed, the others are in the log only; and so is all of a small job.
    /// </remarks>
    [Fact]
    public async Task What_was_left_in_the_former_local_log_is_loaded_once()
    {
        const string model = "5588ec8a9ee243b5aee78982206e7300", over = "0ba2b4f8731a4400ace4b688a2081fe9",
            underWay = "bde7a7e941dc483a8b1ec09521c8879e", small = "33aa05b842e24cf5b77525f0e0af4646";
        await using var system = new SystemProcesses();
        await UnpackAsync(system.DataFolder, "local-log.tar.gz");
        await system.StartAsync();

        foreach (var (id, total, errors) in new[] { (over, 100L, 10L), (underWay, 60_000L, 60L), (small, 20L, 5L) })
        {
            var job = await system.Api.WaitUntilOverAsync(id);
            Assert.Equal(
                (JobState.PartialSuccess, total, total - errors, errors, 0L), (job.State, job.Total, job.Success, job.Errors, job.Abandoned));
            await system.ConservedAsync(job);
            Assert.True((await system.Api.VerifyAsync(id, default)).Consistent);
        }
        Assert.Equal("60045", await system.QueryAsync($"SELECT count() FROM data_{model}"));

        // It is converted once, and the next start is an ordinary one.
        Assert.Equal(0, await system.StopAsync());
        await system.StartAsync();
        var more = await system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model }, CsvText.Rows(1_000), default);
        Assert.Equal((JobState.Success, 1_000L), await system.Api.WaitUntilOverAsync(more.JobId) is var done ? (done.State, done.Success) : default);
        Assert.Equal("61045", await system.QueryAsync($"SELECT count() FROM data_{model}"));
    }

    /// <remarks>
    /// <c>Upgrade/layout-4.tar.gz</c> is the data folder of a Batch whose receipts were a table, and which was killed: of jobs that are over (one of
    /// one chunk and its repair, one of 8 chunks, a labelled one), of a labelled load that lost its connection with 5 chunks loaded, and of jobs that
    /// are in the log only (six of one small chunk, five of which share a record, one of 4 chunks, a labelled one).
    /// </remarks>
    [Fact]
    public async Task Receipts_that_were_a_table_are_taken_over_and_what_waits_in_the_log_is_loaded_once()
    {
        const string small = "e4c598819b2e4c8e81bc0cc53c7006da", repair = "4b260f4de5c94bde6b1424f7d949edc5", large = "836cf694e7b84743b9d3da977e510f93",
            label = "63f01a80f2ba8bc77e7c5238bd220c4d",
            broken = "2fea4cdd249ad213181a478ed9109d4e", waitingLarge = "67951916fa374bd1a4131164c1e705d8", waitingLabel = "59ba224be4bdf3640fa1a84f6cf67b05";
        string[] waiting =
        [
            "1b7155123ec64512bbc09aa8158d4023", "70d07f0670ef4631a66d891d59b39a36", "72d9d3a5d2c74958a1e40a3f1423e332",
            "8ea2df1470ea4317bedb9bfd7259b0e1", "ca11a9412f2342779fb1ede6aaff1b61", "f6adb53799a143248d4b2b6f35b0b4c3"
        ];
        await using var system = new SystemProcesses();
        await UnpackAsync(system.DataFolder, "layout-4.tar.gz");
        await system.StartAsync();

        List<(string Id, long Total, long Errors)> expected =
        [
            (small, 9, 3), (repair, 3, 0), (large, 20_000, 20), (label, 5, 0), (waitingLarge, 9_000, 10), (waitingLabel, 7, 0),
            .. waiting.Select(id => (id, 10L, 2L)),
        ];
        foreach (var (id, total, errors) in expected)
        {
            var job = await system.Api.WaitUntilOverAsync(id);
            Assert.Equal((id, total, total - errors, errors, 0L), (id, job.Total, job.Success, job.Errors, job.Abandoned));
            await system.ConservedAsync(job);
            var report = await system.Api.VerifyAsync(id, default);
            Assert.True(report.Consistent, $"{id}: {string.Join(' ', report.Breaches)}");
        }
        Assert.Equal((JobState.PartialSuccess, 3), await system.Api.GetJobAsync(small, default) is var first ? (first.State, first.Repaired) : default);
        Assert.Equal(JobState.Failed, (await system.Api.GetJobAsync(broken, default)).State);

        // What was loaded is known by its checksums, so the same file goes on under the same job.
        var model = (await system.Api.GetJobAsync(broken, default)).ModelId;
        var file = "event_id,timestamp,amount\n" + string.Concat(Enumerable.Range(1, 20_000).Select(
            n => n % 1_000 == 0 ? $",{1716045542 + n},x\n" : $"{n},{1716045542 + n},{n}.5\n"));
        var carriedOn = await system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model, Label = "broken" }, CsvText.Of(file), default);
        Assert.Equal((broken, 1), (carriedOn.JobId, carriedOn.Attempt));
        carriedOn = await system.Api.WaitUntilOverAsync(broken);
        Assert.Equal((JobState.PartialSuccess, 19_980L, 20L), (carriedOn.State, carriedOn.Success, carriedOn.Errors));
        Assert.True((await system.Api.VerifyAsync(broken, default)).Consistent);
        Assert.Equal("8", await system.QueryAsync($"SELECT uniqExact(ordinal) FROM chunks WHERE job_id = '{large}' FORMAT TSV"));

        // Nothing is left to be changed by the next start.
        Assert.Equal(0, await system.StopAsync());
        await system.StartAsync();
        Assert.Equal("0", await system.QueryAsync("EXISTS TABLE receipts FORMAT TSV"));
        Assert.Equal(19_980, (await system.Api.GetJobAsync(broken, default)).Success);
        Assert.DoesNotContain("fail:", system.Output, StringComparison.OrdinalIgnoreCase);
    }

    static async Task UnpackAsync(string folder, string file = "layout-3.tar.gz")
    {
        Directory.CreateDirectory(folder);
        await using var packed = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Upgrade", file));
        await using var tar = new GZipStream(packed, CompressionMode.Decompress);
        await TarFile.ExtractToDirectoryAsync(tar, folder, overwriteFiles: false);
    }
}
