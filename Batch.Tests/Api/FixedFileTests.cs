using System.Net;
using Batch.Client;
using Batch.Tests.EmbeddedClickHouse;
using static Batch.Tests.Api.Repairs;

namespace Batch.Tests.Api;

/// <summary>A file of rejected rows that a person has fixed holds rows of its job, and nothing else.</summary>
[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class FixedFileTests(ClickHouseProcess clickHouse)
{
    [Theory]
    [InlineData("1,,1,Ann,5", "Line 2: row 1 is not one that job")]
    [InlineData("2,,2,Bob,7\n99,,9,Zed,9", "Line 3: row 99 is not one that job")]
    [InlineData("3,,3,Cy,0\n2,,2,Bob,7", "Line 3: row 2 comes after row 3.")]
    [InlineData("2,,2,Bob,7\n2,,2,Bob,7", "Line 3: row 2 comes after row 2.")]
    [InlineData("x,,2,Bob,7", "Line 2: the first field must be the row's number")]
    public async Task A_fixed_file_may_only_hold_rows_that_the_job_rejected(string rows, string says)
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var source = await SourceAsync(api);

        var (code, detail) = await RefusalAsync(() => SendAsync(api, source, $"_row,_errors,id,name,qty\n{rows}\n"));

        Assert.Equal("INVALID_ROW_NUMBER", code);
        Assert.Contains(says, detail, StringComparison.Ordinal);
        Assert.Equal("1:1", await TableAsync(api, source));
        // What is wrong with a small file makes no job.
        Assert.Single((await api.Client.ListJobsAsync(new JobQuery(), default)).Jobs);
    }

    [Fact]
    public async Task A_fixed_file_that_holds_repaired_rows_beside_others_is_refused_and_says_which()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var source = await SourceAsync(api);
        await api.ProcessAsync(await SendAsync(api, source, "_row,_errors,id,name,qty\n2,,2,Bob,7\n"));

        var (code, detail) = await RefusalAsync(() => SendAsync(api, source, Fixed));

        Assert.Equal("INVALID_ROW_NUMBER", code);
        Assert.StartsWith("Line 2: row 2 is repaired already", detail, StringComparison.Ordinal);
        Assert.Equal("1:1 2:1", await TableAsync(api, source));
    }

    [Fact]
    public async Task A_wrong_row_number_far_down_a_fixed_file_fails_its_job_and_what_came_before_is_repaired_once()
    {
        const int rows = 45_000;
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync("""{"id":"Int64"}""", "narrow");
        var source = await api.ProcessAsync(await api.UploadAsync(model, "id\n" + string.Concat(Enumerable.Range(1, rows).Select(n => $"bad{n}\n"))));
        string Rows(int count) => "_row,_errors,id\n" + string.Concat(Enumerable.Range(1, count).Select(n => $"{n},,{n}\n"));

        var refused = await Assert.ThrowsAsync<BatchApiException>(() => SendAsync(api, source, Rows(rows) + "45001,,1\n"));

        Assert.Equal((HttpStatusCode.BadRequest, "INVALID_ROW_NUMBER"), (refused.StatusCode, refused.Code));
        var failed = (await api.Client.ListJobsAsync(new JobQuery(), default)).Jobs.Single(job => job.SourceJobId is not null);
        Assert.Equal((JobState.Failed, "INVALID_ROW_NUMBER"), (failed.State, failed.FailureCode));
        failed = await api.ProcessAsync(failed);
        var left = await api.ProcessAsync(await SendAsync(api, source, "_row,_errors,id\n" + string.Concat(
            Enumerable.Range(1, rows).Skip((int)failed.Success).Select(n => $"{n},,{n}\n"))));
        Assert.InRange(failed.Success, 20_000, rows - 1);
        Assert.Equal(rows, failed.Success + left.Success);
        await LineageAsync(api, source, loaded: rows);
    }

    [Fact]
    public async Task A_fixed_file_is_held_against_the_model_like_any_upload()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var source = await SourceAsync(api);

        var renamed = await api.UntilOverAsync((await SendAsync(api, source, "_row,_errors,id,name,quantity\n2,,2,Bob,7\n")).JobId);
        var surplus = await api.ProcessAsync(await SendAsync(api, source, "_row,_errors,id,name,qty\n2,,2,Bob,7,8\n"));
        var added = await api.UntilOverAsync((await SendAsync(api, source, "_row,_errors,id,name,qty,note\n2,,2,Bob,7,x\n")).JobId);

        Assert.Equal((JobState.Failed, "HEADER_FAULT", 1L), (renamed.State, renamed.FailureCode, renamed.Errors));
        Assert.Equal("EXTRA_COLUMN", Assert.Single((await api.Client.GetRejectedAsync(surplus.JobId, new RejectedQuery(), default)).Rows).Error);
        Assert.Equal("HEADER_FAULT", added.FailureCode);
        Assert.Equal("1:1", await TableAsync(api, source));
    }

    [Fact]
    public async Task Columns_that_the_source_ignored_stay_ignored()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync(Repairs.Schema, "ignoring");
        var source = await api.ProcessAsync(await api.UploadAsync(
            model, "id,name,qty,note\n1,Ann,x,n1\n2,Bob,y,n2\n", new() { ModelId = "", IgnoreExtraColumns = true }));

        var sent = await api.ProcessAsync(await SendAsync(api, source, "_row,_errors,id,name,qty,note\n1,,1,Ann,1,n1\n"));
        var stored = await api.ProcessAsync(await ReprocessAsync(api, source, new() { Set = new Dictionary<string, string> { ["qty"] = "2" } }));
        var other = await api.UntilOverAsync((await SendAsync(api, source, "_row,_errors,id,name,qty,remark\n2,,2,Bob,1,n1\n", again: true)).JobId);

        Assert.Equal((JobState.Success, JobState.Success, "HEADER_FAULT"), (sent.State, stored.State, other.FailureCode));
        Assert.Equal("1:1 2:1", await TableAsync(api, source));
    }
}
