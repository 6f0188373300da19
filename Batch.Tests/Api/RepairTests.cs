using System.Text.Json;
using Batch.Client;
using Batch.Core.ClickHouse;
using Batch.Core.DeadLetters;
using Batch.Core.Ids;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Reading;
using Batch.Core.Jobs.Writing;
using Batch.Tests.EmbeddedClickHouse;
using Microsoft.Extensions.DependencyInjection;
using static Batch.Tests.Api.Repairs;

namespace Batch.Tests.Api;

/// <summary>A rejected row is repaired once.</summary>
[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class RepairTests(ClickHouseProcess clickHouse)
{
    [Fact]
    public async Task A_fixed_file_sent_twice_loads_its_rows_once()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var source = await SourceAsync(api);

        var first = await api.ProcessAsync(await SendAsync(api, source, Fixed));
        var (code, detail) = await RefusalAsync(() => SendAsync(api, source, Fixed));
        var (stored, _) =
            await RefusalAsync(() => ReprocessAsync(api, source, new() { Code = "NULL_VALUE", Set = new Dictionary<string, string> { ["qty"] = "0" } }));

        Assert.Equal((JobState.Success, 2L, 0L), (first.State, first.Success, first.AlreadyRepaired));
        Assert.Equal(("ALREADY_REPAIRED", "ALREADY_REPAIRED"), (code, stored));
        Assert.Contains($"All 2 rows are repaired already, by job {first.JobId}.", detail, StringComparison.Ordinal);
        Assert.Equal("1:1 2:1 3:1", await TableAsync(api, source));
        Assert.Equal(2, (await api.Client.GetJobAsync(source.JobId, default)).Repaired);
        await LineageAsync(api, source, loaded: 3);
    }

    [Fact]
    public async Task Only_rows_that_are_left_are_taken_and_those_left_out_are_counted()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var source = await SourceAsync(api);
        Assert.Equal(0, (await api.Client.GetJobAsync(source.JobId, default)).Repaired);

        var first =
            await api.ProcessAsync(await ReprocessAsync(api, source, new() { Code = "NULL_VALUE", Set = new Dictionary<string, string> { ["qty"] = "0" } }));
        var second = await ReprocessAsync(api, source, new() { Set = new Dictionary<string, string> { ["qty"] = "7" } });

        Assert.Equal((1L, 0L), (first.Success, first.AlreadyRepaired));
        Assert.Equal(1, second.AlreadyRepaired);
        second = await api.ProcessAsync(second);
        Assert.Equal((1L, 1L, 1L), (second.Total, second.Success, second.AlreadyRepaired));
        Assert.Equal("1:1 2:1 3:1", await TableAsync(api, source));
        await LineageAsync(api, source, loaded: 3);
        Assert.Null(second.Repaired);
    }

    [Fact]
    public async Task Whoever_insists_loads_rows_again()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var source = await SourceAsync(api);
        await api.ProcessAsync(await SendAsync(api, source, Fixed));

        var stored = await api.ProcessAsync(await ReprocessAsync(api, source, new() { Again = true, Set = new Dictionary<string, string> { ["qty"] = "1" } }));
        var sent = await api.ProcessAsync(await SendAsync(api, source, Fixed, again: true));

        Assert.Equal((2L, 2L), (stored.Success, sent.Success));
        Assert.Equal("1:1 2:3 3:3", await TableAsync(api, source));
        var report = await api.Client.VerifyAsync(source.JobId, default);
        Assert.True(report.Consistent, string.Join(" ", report.Breaches));
        Assert.Equal((3L, 0L, 0L, 4L), (report.Lineage!.Loaded, report.Lineage.NotLoaded, report.Lineage.LoadedTwice, report.Lineage.LoadedAgain));
        Assert.Equal("INVALID_ROW_NUMBER", (await RefusalAsync(() => SendAsync(api, source, "_row,_errors,id,name,qty\n1,,1,Ann,5\n", again: true))).Code);
    }

    [Fact]
    public async Task Rows_repaired_at_the_same_moment_through_several_APIs_are_loaded_once()
    {
        await using var one = await ApiHost.StartAsync(clickHouse);
        await using var two = await ApiHost.StartAsync(clickHouse, ("ClickHouse:Database", one.Services.GetRequiredService<ClickHouseClient>().Database));
        var source = await SourceAsync(one);
        var set = new ReprocessRequest { Set = new Dictionary<string, string> { ["qty"] = "9" } };

        var asked = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => TryAsync(() => n % 4 == 3
            ? SendAsync(n % 2 == 0 ? one : two, source, Fixed) : ReprocessAsync(n % 2 == 0 ? one : two, source, set))));

        var made = Assert.Single(asked, answer => answer.Job is not null).Job!;
        Assert.All(asked.Where(answer => answer.Job is null), answer => Assert.Equal("REPAIR_RUNNING", answer.Code));
        Assert.Contains(made.JobId, asked.First(answer => answer.Job is null).Detail, StringComparison.Ordinal);
        await (one.Log.Records.IsEmpty || !one.Log.Records.Any(record => Chunks.DecodedRecord.ChunkHeader(record).JobId == made.JobId) ? two : one)
            .ProcessAsync(made);
        Assert.Equal("1:1 2:1 3:1", await TableAsync(one, source));
        Assert.Equal("ALREADY_REPAIRED", (await RefusalAsync(() => ReprocessAsync(two, source, set))).Code);
    }

    [Fact]
    public async Task A_request_that_meets_a_short_repair_waits_for_it()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var source = await SourceAsync(api);
        var first = await ReprocessAsync(api, source, new() { Code = "NULL_VALUE", Set = new Dictionary<string, string> { ["qty"] = "0" } });

        var second = ReprocessAsync(api, source, new() { Set = new Dictionary<string, string> { ["qty"] = "7" } });
        await api.ProcessAsync(first);

        Assert.Equal(1, (await second).AlreadyRepaired);
    }

    [Fact]
    public async Task What_a_repair_rejects_is_repaired_through_it_or_through_the_source_but_once()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var source = await SourceAsync(api);
        var first = await api.ProcessAsync(await SendAsync(api, source, "_row,_errors,id,name,qty\n2,,2,Bob,7\n3,,3,Cy,still bad\n"));
        Assert.Equal((1L, 1L), (first.Success, first.Errors));

        var second = await api.ProcessAsync(await SendAsync(api, first, "_row,_errors,id,name,qty\n3,,3,Cy,0\n"));

        Assert.Equal((first.JobId, 1L), (second.SourceJobId, second.Success));
        Assert.Equal("ALREADY_REPAIRED", (await RefusalAsync(() => ReprocessAsync(api, source))).Code);
        Assert.Equal("ALREADY_REPAIRED", (await RefusalAsync(() => ReprocessAsync(api, first))).Code);
        Assert.Equal("NOTHING_REJECTED", (await RefusalAsync(() => ReprocessAsync(api, second))).Code);
        Assert.Equal("1:1 2:1 3:1", await TableAsync(api, source));
        Assert.Equal((2L, 1L), ((await api.Client.GetJobAsync(source.JobId, default)).Repaired, (await api.Client.GetJobAsync(first.JobId, default)).Repaired));
        foreach (var job in new[] { source, first, second })
            await LineageAsync(api, job, loaded: 3);
    }

    [Fact]
    public async Task The_same_label_is_the_same_repair_unless_that_loaded_nothing()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var source = await SourceAsync(api);
        var request = new ReprocessRequest { Label = "monday" };

        var vain = await ReprocessAsync(api, source, request);
        Assert.Equal(vain.JobId, (await ReprocessAsync(api, source, request)).JobId); // it is running
        await api.ProcessAsync(vain);
        var second = await SendAsync(api, source, Fixed, request);
        Assert.NotEqual(vain.JobId, second.JobId);
        second = await api.ProcessAsync(second);

        Assert.Equal(second.JobId, (await SendAsync(api, source, Fixed, request)).JobId);
        Assert.Equal(second.JobId, (await ReprocessAsync(api, source, request)).JobId);
        Assert.Equal("1:1 2:1 3:1", await TableAsync(api, source));
    }

    [Fact]
    public async Task Repairs_made_before_the_upgrade_count_though_their_ids_are_random()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var source = await SourceAsync(api);
        var old = new NewJob
        {
            Key = new(source.TenantId, BatchId.New()), ModelId = source.ModelId, ModelName = source.ModelName, ModelVersion = 1,
            SourceJobId = source.JobId, HeaderLine = "id,name,qty"u8.ToArray(),
        };
        var jobs = api.Services.GetRequiredService<JobWriter>();
        await jobs.CreateAsync(old, default);
        await ExecuteAsync(api, $"INSERT INTO data_{source.ModelId} (id, name, qty, _job_id, _row) VALUES (2, 'Bob', 7, '{old.Key.JobId}', 2)");
        await jobs.UploadEndedAsync(old.Key, 1, 1, default, default);
        await jobs.AddReceiptAsync(Jobs.TestJobs.Receipt(old.Key, 0, 1, 1, 0), default);

        var next = await api.ProcessAsync(await ReprocessAsync(api, source, new() { Set = new Dictionary<string, string> { ["qty"] = "0" } }));

        Assert.Equal((1L, 1L), (next.Success, next.AlreadyRepaired));
        Assert.Equal("1:1 2:1 3:1", await TableAsync(api, source));
    }

    [Fact]
    public async Task A_repair_whose_API_died_holds_up_the_next_until_its_chunks_are_in_and_what_it_did_not_load_is_taken_then()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var source = await SourceAsync(api);
        var jobs = api.Services.GetRequiredService<JobReader>();
        var family = await jobs.FamilyAsync((await jobs.FindAsync(source.TenantId, source.JobId, default))!, default);
        var dead = family.Next;
        var facts = JsonSerializer.Serialize(new
        {
            model_name = source.ModelName, model_version = 1, source_job_id = source.JobId, creator = "x",
            already_repaired = 0
        });
        const string stop = """{"stop_id":"s","stop_state":"FAILED","stop_code":"UPLOAD_INTERRUPTED","stop_message":"m"}""";
        Task HappenedAsync(string what, long agoMs, string json) => ExecuteAsync(api,
            $"INSERT INTO job_events (tenant_id, job_id, event, ago_ms, model_id, facts) VALUES ('{dead.TenantId}', '{dead.JobId}', '{what}', {agoMs}, '{source.ModelId}', '{json}')");
        await HappenedAsync("created", 5_000, facts);

        Assert.Equal("REPAIR_RUNNING", (await RefusalAsync(() => ReprocessAsync(api, source))).Code);
        await HappenedAsync("stop", 4_000, stop);
        await HappenedAsync("verdict", 4_000, """{"stop_verdict":"confirmed"}""");
        var (code, detail) = await RefusalAsync(() => ReprocessAsync(api, source));
        Assert.Equal("REPAIR_RUNNING", code);
        Assert.Contains("some of its chunks are still in progress", detail, StringComparison.Ordinal);

        // Half a minute later; of its rows one had been loaded.
        await ExecuteAsync(api, $"INSERT INTO data_{source.ModelId} (id, name, qty, _job_id, _row) VALUES (2, 'Bob', 7, '{dead.JobId}', 2)");
        await ExecuteAsync(api, $"DELETE FROM job_events WHERE job_id = '{dead.JobId}'");
        await HappenedAsync("created", 65_000, facts);
        await HappenedAsync("stop", 40_000, stop);
        await HappenedAsync("verdict", 40_000, """{"stop_verdict":"confirmed"}""");
        var next = await api.ProcessAsync(await ReprocessAsync(api, source, new() { Set = new Dictionary<string, string> { ["qty"] = "0" } }));

        Assert.NotEqual(dead.JobId, next.JobId);
        Assert.Equal((1L, 1L), (next.Success, next.AlreadyRepaired));
        Assert.Equal("1:1 2:1 3:1", await TableAsync(api, source));
    }

    [Fact]
    public async Task A_dead_letter_of_a_repair_is_not_retried_because_a_later_repair_takes_its_rows()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var source = await SourceAsync(api);
        var repair = await ReprocessAsync(api, source, new() { Set = new Dictionary<string, string> { ["qty"] = "0" } });
        var chunk = Chunks.DecodedRecord.Chunk(api.Log.Records.Last());
        await api.Services.GetRequiredService<DeadLetterStore>().AddAsync(chunk, 5, new InvalidOperationException("a bug"), default);
        var jobs = api.Services.GetRequiredService<JobWriter>();
        await jobs.FailAsync(new(source.TenantId, repair.JobId), "DEAD_LETTER", "a bug", default);
        await jobs.AddReceiptAsync(Jobs.TestJobs.Receipt(new(source.TenantId, repair.JobId), 0, 2, 0, 0), default);

        var (code, detail) = await RefusalAsync(() => api.Client.RetryDeadLetterAsync($"{repair.JobId}:0", default));
        Assert.Equal("REPROCESS_INSTEAD", code);
        Assert.Contains($"Reprocess job {source.JobId}", detail, StringComparison.Ordinal);
        var next = await api.ProcessAsync(await ReprocessAsync(api, source, new() { Set = new Dictionary<string, string> { ["qty"] = "0" } }));
        Assert.Equal(2, next.Success);
        Assert.Equal("1:1 2:1 3:1", await TableAsync(api, source));
    }
}
