using System.Text;
using System.Text.Json;
using Batch.Client;

namespace Batch.Tests.EndToEnd;

/// <summary>What rows may look like, through a whole running system: a row is in the table as it was written, or rejected.</summary>
[Collection("one system")]
[Trait("Tier", "system")]
public sealed class RowShapeTests(OneSystem one)
{
    readonly SystemProcesses _system = one.System;

    [Fact]
    public async Task Short_rows_are_rejected_and_padded_only_where_that_is_asked_for()
    {
        const string csv = "code,text,n\nA1,hello,1\nA2,an unquoted\nline break,2\nA3,cut";
        var model = await ModelAsync("""{"code":"String","text":"Nullable(String)","n":"Nullable(Int64)"}""");
        var job = await LoadAsync(model, csv);
        Assert.Equal((JobState.PartialSuccess, 4L, 1L, 3L), (job.State, job.Total, job.Success, job.Errors));
        Assert.Equal([(2L, 3L, "FIELD_COUNT"), (3L, 4L, "FIELD_COUNT"), (4L, 5L, "FIELD_COUNT")], await RejectedAsync(job));
        Assert.Equal("A1\thello\t1", await RowsAsync(model, job));

        var padded = await LoadAsync(model, csv, request => request with { ShortRows = "pad" });
        Assert.Equal((JobState.Success, 4L), (padded.State, padded.Success));
        Assert.Equal("A1\thello\t1\nA2\tan unquoted\t\\N\nline break\t2\t\\N\nA3\tcut\t\\N", await RowsAsync(model, padded));

        var lenient = await ModelAsync("""{"code":"String","text":"Nullable(String)","n":"Nullable(Int64)"}""", request => request with { ShortRows = "pad" });
        Assert.Equal(JobState.Success, (await LoadAsync(lenient, csv)).State);
        Assert.Equal(JobState.PartialSuccess, (await LoadAsync(lenient, csv, request => request with { ShortRows = "reject" })).State);
    }

    [Fact]
    public async Task A_surplus_field_is_rejected_also_where_columns_of_the_header_are_ignored()
    {
        var model = await ModelAsync("""{"id":"Int64","name":"String","note":"Nullable(String)"}""");
        var job = await LoadAsync(model, "id,name,note,legacy\n1,Ann,fine,x\n2,Bob, Smith,fine,x\n", request => request with { IgnoreExtraColumns = true });
        Assert.Equal([(2L, 3L, "EXTRA_COLUMN")], await RejectedAsync(job));
        Assert.Equal("1\tAnn\tfine", await RowsAsync(model, job));

        var ignoring = await ModelAsync("""{"id":"Int64","name":"String","note":"Nullable(String)"}""", request => request with { ExtraColumns = "ignore" });
        job = await LoadAsync(ignoring, "id,name,note\n1,Ann,fine\n2,Bob, Smith,fine\n");
        Assert.Equal([(2L, 3L, "EXTRA_COLUMN")], await RejectedAsync(job));
        Assert.Equal("1\tAnn\tfine", await RowsAsync(ignoring, job));
    }

    [Fact]
    public async Task In_a_file_of_one_column_a_blank_line_is_NULL_and_in_others_blank_lines_are_counted()
    {
        var one = await ModelAsync("""{"v":"Nullable(Int64)"}""");
        var job = await LoadAsync(one, "v\n1\n\n3\n\n5\n");
        Assert.Equal((JobState.Success, 5L, 0L), (job.State, job.Success, job.BlankLines));
        Assert.Equal("1\n\\N\n3\n\\N\n5", await RowsAsync(one, job));

        var two = await ModelAsync("""{"v":"Nullable(Int64)","w":"Int64"}""");
        job = await LoadAsync(two, "v,w\n\n1,1\n\n\n2,2\n");
        Assert.Equal((JobState.Success, 2L, 3L), (job.State, job.Success, job.BlankLines));
        Assert.Equal(3, (await LoadAsync(two, "v,w\n\n1,1\n\n\n2,2\n", request => request with { Label = $"{Guid.NewGuid():N}" })).BlankLines);
    }

    [Fact]
    public async Task Spaces_around_quotes_do_not_count_and_a_quote_inside_a_value_is_a_fault_unless_it_is_literal()
    {
        var model = await ModelAsync("""{"id":"Int64","s":"String"}""");
        var job = await LoadAsync(model, "id, s\n1, \"a\"\n2, \"b, c\"\n3,\"d\" \n");
        Assert.Equal("1\ta\n2\tb, c\n3\td", await RowsAsync(model, job));

        const string inches = "id,s\n1,5\" pipe\n2,\"5\"\" pipe\"\n";
        Assert.Equal([(1L, 2L, "MALFORMED_QUOTES")], await RejectedAsync(await LoadAsync(model, inches)));
        job = await LoadAsync(model, inches, request => request with { Quotes = "literal" });
        Assert.Equal("1\t5\" pipe\n2\t5\" pipe", await RowsAsync(model, job));
    }

    [Fact]
    public async Task ClickHouses_own_export_of_NULL_and_text_comes_back_as_it_was()
    {
        var model = await ModelAsync("""{"id":"Int64","s":"Nullable(String)","lc":"LowCardinality(Nullable(String))","f":"Nullable(Float64)"}""");
        var csv = await _system.QueryAsync(
            """SELECT * FROM values('id Int64, s Nullable(String), lc Nullable(String), f Nullable(Float64)', (1, NULL, NULL, NULL), (2, '', 'x', 1.5), (3, '\\N', 'y', 2)) FORMAT CSVWithNames""");
        var job = await LoadAsync(model, csv + "\n");
        Assert.Equal(JobState.Success, job.State);
        Assert.Equal("1\t\\N\t\\N\t\\N\n2\t\tx\t1.5\n3\t\\\\N\ty\t2", await RowsAsync(model, job));
    }

    [Fact]
    public async Task A_row_that_repeats_the_header_line_is_rejected_and_kept_out_of_a_repair_as_well()
    {
        var model = await ModelAsync("""{"id":"String","s":"Nullable(String)"}""");
        var job = await LoadAsync(model, "id,s\n1,a\n\nid,s\n2,b\n");
        Assert.Equal([(2L, 4L, "REPEATED_HEADER")], await RejectedAsync(job));
        Assert.Equal("1\ta\n2\tb", await RowsAsync(model, job));
        var again = await _system.Api.WaitUntilOverAsync((await _system.Api.ReprocessAsync(job.JobId, default)).JobId);
        Assert.Equal([(2L, 4L, "REPEATED_HEADER")], await RejectedAsync(again));
    }

    async Task<Model> ModelAsync(string schema, Func<CreateModelRequest, CreateModelRequest>? with = null)
    {
        var request = new CreateModelRequest { Name = $"shape-{Guid.NewGuid():N}", Schema = JsonElement.Parse(schema) };
        return await _system.Api.CreateModelAsync(with?.Invoke(request) ?? request, default);
    }

    Task<JobStatus> LoadAsync(Model model, string csv, Func<CreateJobRequest, CreateJobRequest>? with = null) =>
        _system.Api.LoadAsync(model, Encoding.UTF8.GetBytes(csv), with);

    async Task<IEnumerable<(long, long, string)>> RejectedAsync(JobStatus job) =>
        (await _system.Api.GetRejectedAsync(job.JobId, new(), default)).Rows.Select(row => (row.Row, row.Line, row.Error));

    Task<string> RowsAsync(Model model, JobStatus job) => _system.RowsAsync(model, job);
}
