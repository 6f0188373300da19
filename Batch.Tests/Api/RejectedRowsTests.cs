using System.Net;
using System.Text;
using System.Text.Json;
using Batch.Client;
using Batch.Core.Log;
using Batch.Tests.Chunks;
using Batch.Tests.EmbeddedClickHouse;

namespace Batch.Tests.Api;

[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class RejectedRowsTests(ClickHouseProcess clickHouse)
{
    // Rows:                                1              2               3             4              5 (open quote)  6
    const string Mixed = "event_id,timestamp,amount\n1,1716045542,1\n2,yesterday,abc\n3,1716045542,x\n4,1716045542,4\n5,1716045542,\"6\n\"é,\"\",\",,oops\n";

    [Fact]
    public async Task Every_error_is_paged_filtered_and_summed_up()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var job = await MixedJobAsync(api);
        Assert.Equal((JobState.PartialSuccess, 6, 2, 4), (job.State, job.Total, job.Success, job.Errors));

        var all = await api.Client.GetRejectedAsync(job.JobId, new RejectedQuery(), CancellationToken.None);
        Assert.Equal(4, all.RejectedRows);
        Assert.Equal(("yesterday", "2,yesterday,abc", 3), (all.Rows[0].Observed, all.Rows[0].Raw, all.Rows[0].Line));
        Assert.Equal("The 'timestamp' value is invalid. Please provide a 32-bit Unix timestamp (integer).", all.Rows[0].Message);

        var paged = new List<RejectedRow>();
        for (string? cursor = null; ;)
        {
            var page = await api.Client.GetRejectedAsync(job.JobId, new RejectedQuery { Limit = 2, Cursor = cursor }, CancellationToken.None);
            paged.AddRange(page.Rows);
            if ((cursor = page.Next) is null)
                break;
        }
        Assert.Equal(all.Rows, paged);
        var floats = await api.Client.GetRejectedAsync(job.JobId, new RejectedQuery { Code = "NOT_A_FLOAT", Column = "amount" }, CancellationToken.None);
        Assert.Equal(all.Rows.Where(row => row.Error == "NOT_A_FLOAT"), floats.Rows);
        Assert.Equal(all.Rows.Count, (await api.Client.GetRejectedSummaryAsync(job.JobId, CancellationToken.None)).Sum(line => line.Count));
        var lines = await TextAsync(api, job, "ndjson");
        Assert.Equal(all.Rows,
            lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize(line, BatchJson.Default.RejectedRow)!));

        Assert.Equal("INVALID_PARAMETER", (await ApiHost.ProblemOf(await api.Http.GetAsync($"/jobs/{job.JobId}/rejected?format=xml"))).Code);
        Assert.Equal(HttpStatusCode.NotFound, (await api.Http.GetAsync("/jobs/00001111/rejected")).StatusCode);
        Assert.True((await api.Client.VerifyAsync(job.JobId, CancellationToken.None)).Consistent);
    }

    [Fact]
    public async Task The_export_is_the_rows_as_they_were_behind_their_numbers_and_errors()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var job = await MixedJobAsync(api);

        var csv = await TextAsync(api, job, "csv");

        var lines = csv.Split('\n');
        Assert.Equal("_row,_errors,event_id,timestamp,amount", lines[0]);
        Assert.StartsWith("2,\"timestamp: INVALID_TIMESTAMP.", lines[1]);
        Assert.Contains(" | amount: NOT_A_FLOAT.", lines[1]);
        Assert.EndsWith("\",2,yesterday,abc", lines[1]);
        Assert.StartsWith("5,\"", lines[3]);
        Assert.EndsWith(",5,1716045542,\"6", lines[3]);
        Assert.EndsWith(",\"é,\"\",\",,oops", lines[4]);
    }

    [Fact]
    public async Task A_fixed_export_sent_back_keeps_the_rows_numbers()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var job = await MixedJobAsync(api);
        var lines = (await TextAsync(api, job, "csv")).Split('\n');
        lines[1] = lines[1].Replace("yesterday,abc", "1716045542,2.5");
        lines[3] = lines[3].Replace("\"6", "6");

        var again = await api.ProcessAsync(await api.Client.ReprocessFileAsync(
            job.JobId, new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', lines))), "fixed.csv", progress: null, CancellationToken.None));

        Assert.Equal((JobState.PartialSuccess, 4, 2, 2, job.JobId), (again.State, again.Total, again.Success, again.Errors, again.SourceJobId));
        var model = await api.Client.GetModelAsync(job.ModelId, CancellationToken.None);
        Assert.Equal([3, 6], (await api.Client.GetRejectedAsync(again.JobId, new RejectedQuery(), CancellationToken.None)).Rows.Select(row => row.Row)
            .Distinct());
        Assert.True((await api.Client.VerifyAsync(again.JobId, CancellationToken.None)).Consistent);
        // What is still wrong is exported as it was, without the export's own columns a second time.
        Assert.Equal("_row,_errors,event_id,timestamp,amount", (await TextAsync(api, again, "csv")).Split('\n')[0]);

        var plain = await api.UploadAsync(model, string.Join('\n', lines));
        var header = api.Log.Records.Last().ChunkHeader();
        Assert.Equal((plain.JobId, 3), (header.JobId, header.Mapping.Count));
        Assert.Equal([1, 2, 3, 4], header.RowNumbers!);

        var unordered = await Assert.ThrowsAsync<BatchApiException>(() => api.Client.ReprocessFileAsync(
            job.JobId, new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', lines[0], lines[3], lines[1]))), null, null, CancellationToken.None));
        Assert.Equal((HttpStatusCode.BadRequest, "INVALID_ROW_NUMBER"), (unordered.StatusCode, unordered.Code));
        var other = await Assert.ThrowsAsync<BatchApiException>(() => api.Client.ReprocessFileAsync(
            job.JobId, new MemoryStream("event_id,timestamp,amount\n"u8.ToArray()), null, null, CancellationToken.None));
        Assert.Equal("NOT_AN_EXPORT", other.Code);
        // A body of unknown length and without a type, as curl -X POST -T - sends it, is a body too: not the rows as they are stored.
        using var streamed =
            new HttpRequestMessage(HttpMethod.Post, $"/jobs/{job.JobId}/reprocess") { Content = new StreamContent(new MemoryStream("event_id\n"u8.ToArray())) };
        streamed.Headers.TransferEncodingChunked = true;
        Assert.Equal("NOT_AN_EXPORT", (await ApiHost.ProblemOf(await api.Http.SendAsync(streamed))).Code);
    }

    /// <summary>Without the export's columns what is left of it is short enough for a row: nothing but the export says that it is not whole.</summary>
    [Fact]
    public async Task A_row_that_was_cut_is_never_loaded_from_an_export()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync("""{"event_id":"String","note":"String"}""");
        var job = await api.ProcessAsync(await api.UploadAsync(model, $"event_id,note\n1,a\n2,{new string('x', 2 << 20)}\n3,b\n"));
        Assert.Equal((2L, 1L), (job.Success, job.Errors));
        var row = Assert.Single((await api.Client.GetRejectedAsync(job.JobId, new RejectedQuery(), CancellationToken.None)).Rows);
        Assert.Equal("ROW_TOO_LONG", row.Error);
        Assert.Contains("it cannot be repaired from the export", row.Message);
        var export = await TextAsync(api, job, "csv");
        // As it left, and shortened by a person who did not read what stands beside it.
        foreach (var file in new[] { export, export.Replace(new string('x', 1 << 19), "", StringComparison.Ordinal) })
        {
            foreach (var send in new Func<Task<JobStatus>>[]
            {
                () => api.Client.ReprocessFileAsync(job.JobId, new MemoryStream(Encoding.UTF8.GetBytes(file)), null, null, CancellationToken.None),
                () => api.UploadAsync(model, file),
            })
                Assert.Equal("ROW_WAS_CUT", (await Assert.ThrowsAsync<BatchApiException>(send)).Code);
        }
        var stored = await api.ProcessAsync(await api.Client.ReprocessAsync(job.JobId, CancellationToken.None));
        Assert.Equal((0L, 1L), (stored.Success, stored.Errors));
    }

    [Fact]
    public async Task Stored_rows_are_reprocessed_against_the_current_version_with_their_numbers_and_lines()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var job = await MixedJobAsync(api);
        await api.Client.UpdateModelAsync(job.ModelId, new CreateModelRequest
        {
            // Strings can be anything: only the rows that are no rows stay bad.
            Schema = JsonElement.Parse("""{"event_id":"String","timestamp":"UInt32","amount":"Float64","note":"Nullable(String)"}"""),
        }, CancellationToken.None);

        var again = await api.ProcessAsync(await api.Client.ReprocessAsync(job.JobId, CancellationToken.None));

        Assert.Equal((2, 4, 0, 4, job.JobId), (again.ModelVersion, again.Total, again.Success, again.Errors, again.SourceJobId));
        var before = (await api.Client.GetRejectedAsync(job.JobId, new RejectedQuery(), CancellationToken.None)).Rows;
        var after = (await api.Client.GetRejectedAsync(again.JobId, new RejectedQuery(), CancellationToken.None)).Rows;
        Assert.Equal(before, after);
    }

    [Fact]
    public async Task There_must_be_something_to_reprocess()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var model = await api.CreateModelAsync();
        var good = await api.UploadAsync(model, "event_id,timestamp,amount\n1,1716045542,1\n");

        Assert.Equal("JOB_RUNNING", await RefusalAsync(good.JobId));
        await api.ProcessAsync(good);
        Assert.Equal("NOTHING_REJECTED", await RefusalAsync(good.JobId));
        var mixed = await MixedJobAsync(api, model);
        api.Log.Down = new LogUnavailableException("down");
        await Task.Delay(1100); // the log was there a moment ago, and is believed for a second
        Assert.Equal("LOG_UNAVAILABLE", await RefusalAsync(mixed.JobId));
        api.Log.Down = null;
        await api.Client.DeleteModelAsync(model.ModelId, dropData: false, CancellationToken.None);
        Assert.Equal("MODEL_DELETED", await RefusalAsync(mixed.JobId));
        Assert.Equal("JOB_NOT_FOUND", await RefusalAsync("00001111"));

        async Task<string> RefusalAsync(string job) =>
            (await Assert.ThrowsAsync<BatchApiException>(() => api.Client.ReprocessAsync(job, CancellationToken.None))).Code;
    }

    static async Task<JobStatus> MixedJobAsync(ApiHost api, Model? model = null) =>
        await api.ProcessAsync(await api.UploadAsync(model ?? await api.CreateModelAsync(), Mixed));

    static async Task<string> TextAsync(ApiHost api, JobStatus job, string format)
    {
        await using var export = await api.Client.ExportRejectedAsync(job.JobId, format, CancellationToken.None);
        return await new StreamReader(export).ReadToEndAsync();
    }
}
