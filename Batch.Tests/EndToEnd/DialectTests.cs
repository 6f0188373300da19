using System.Text;
using System.Text.Json;
using Batch.Client;

namespace Batch.Tests.EndToEnd;

/// <summary>Files as programs of all countries write them, through a whole running system: loaded as they mean, and mended in their own form.</summary>
[Collection("one system")]
[Trait("Tier", "system")]
public sealed class DialectTests(OneSystem one)
{
    static readonly Dialect GermanExcel = new()
    {
        Encoding = "windows-1252", Delimiter = ";", Decimal = ",", Thousands = ".", Skip = 2, Footer = 1, NullValues = ["k.A."], TrueValues = ["ja"],
        FalseValues = ["nein"],
    };

    const string Sales = "Umsätze 2024\r\n\r\nKunde;Betrag;Datum;bezahlt\r\n"
        + "Müller;1.234,50;02.01.2024;ja\r\nGroß;k.A.;03.01.2024;nein\r\nJäger;1.2,5;04.01.2024;ja\r\nEnßlin;-0,75;31.02.2024;ja\r\nSumme;9,99\r\n";

    const string SalesSchema = """
        {"Kunde":"String","Betrag":"Nullable(Decimal(18, 2))","Datum":{"type":"Date","date_format":"%d.%m.%Y"},"bezahlt":"Bool"}
        """;

    readonly SystemProcesses _system = one.System;

    static DialectTests() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    [Fact]
    public async Task A_German_spreadsheet_is_loaded_exported_mended_and_loaded_again_in_its_own_form()
    {
        var model = await ModelAsync(SalesSchema, GermanExcel);
        var job = await _system.Api.LoadAsync(model, Encoding.GetEncoding(1252).GetBytes(Sales));

        Assert.Equal((JobState.PartialSuccess, 4L, 2L, 2L), (job.State, job.Total, job.Success, job.Errors));
        Assert.Equal("Müller\t1234.5\t2024-01-02\ttrue\nGroß\t\\N\t2024-01-03\tfalse", await _system.RowsAsync(model, job));
        Assert.Equal("windows-1252", job.Dialect?.Encoding);
        Assert.Equal(";", (await _system.Api.GetModelAsync(model.ModelId, default)).Dialect?.Delimiter);
        var rejected = (await _system.Api.GetRejectedAsync(job.JobId, new(), default)).Rows;
        Assert.Equal([(3L, 6L, "NOT_A_DECIMAL", "1.2,5"), (4L, 7L, "NOT_A_DATE", "31.02.2024")],
            rejected.Select(row => (row.Row, row.Line, row.Error, row.Observed)));

        using var export = new StreamReader(await _system.Api.ExportRejectedAsync(job.JobId, "csv", default));
        var rows = await export.ReadToEndAsync();
        Assert.Contains("Jäger", rows, StringComparison.Ordinal);
        var mended = rows.Replace("1.2,5", "1.002,5", StringComparison.Ordinal).Replace("31.02.2024", "29.02.2024", StringComparison.Ordinal);
        var again = await _system.Api.ReprocessFileAsync(job.JobId, new MemoryStream(Encoding.UTF8.GetBytes(mended)), "mended.csv", null, default);
        again = await _system.Api.WaitUntilOverAsync(again.JobId);

        Assert.Equal((JobState.Success, 2L), (again.State, again.Success));
        Assert.Equal("Jäger\t1002.5\t2024-01-04\ttrue\nEnßlin\t-0.75\t2024-02-29\ttrue", await _system.RowsAsync(model, again));
    }

    [Fact]
    public async Task A_job_says_how_its_file_differs_from_those_of_its_model_and_is_resumed_by_that()
    {
        var model = await ModelAsync("""{"id":"Int64","name":"Nullable(String)"}""", null);
        var file = Encoding.GetEncoding("shift_jis").GetBytes("id||name\n1||東京\n2||NA\n");
        var dialect = new Dialect { Delimiter = "||", Encoding = "shift_jis", NullValues = ["NA"] };
        CreateJobRequest Labelled(CreateJobRequest request) => request with { Dialect = dialect, Label = model.Name };

        var job = await _system.Api.LoadAsync(model, file, Labelled);

        Assert.Equal((JobState.Success, 2L, "||", "shift_jis"), (job.State, job.Success, job.Dialect?.Delimiter, job.Dialect?.Encoding));
        Assert.Equal("1\t東京\n2\t\\N", await _system.RowsAsync(model, job));
        Assert.Equal(job.JobId, (await _system.Api.LoadAsync(model, file, Labelled)).JobId);
        Assert.Equal("||", Assert.Single((await _system.Api.ListJobsAsync(new JobQuery { Model = model.ModelId }, default)).Jobs).Dialect?.Delimiter);
    }

    [Fact]
    public async Task A_file_whose_header_line_shows_how_it_is_written_is_loaded_so_and_the_job_says_it()
    {
        var model = await ModelAsync("""{"größe":"Int64","name":"String"}""", null);
        var file = Encoding.GetEncoding(1252).GetBytes("Bericht\n\ngröße;name\n1;Ä\n2;b c\n");
        CreateJobRequest Labelled(CreateJobRequest request) => request with { Label = model.Name };

        var job = await _system.Api.LoadAsync(model, file, Labelled);

        Assert.Equal((JobState.Success, 2L), (job.State, job.Success));
        Assert.Equal((";", "windows-1252", 2), (job.Dialect?.Delimiter, job.Dialect?.Encoding, job.Dialect?.Skip));
        Assert.Contains("encoding=windows-1252 skip=2 delimiter=;", Assert.Single(job.Warnings), StringComparison.Ordinal);
        Assert.Equal("1\tÄ\n2\tb c", await _system.RowsAsync(model, job));
        Assert.Equal(job.JobId, (await _system.Api.LoadAsync(model, file, Labelled)).JobId);
        var asTold = await _system.Api.LoadAsync(model, "größe;name\n1;a\n"u8.ToArray(), request => request with { Detects = false });
        Assert.Equal((JobState.Failed, "HEADER_FAULT"), (asTold.State, asTold.FailureCode));
    }

    public static TheoryData<string, byte[], Dialect?> Forms => new()
    {
        { "UTF-16 with its mark", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("id\tname\n1\tÄ\n2\tb c\n")], new() { Delimiter = "\t" } },
        { "no header line", "1,Ä\n2,b c\n"u8.ToArray(), new() { Header = 0 } },
        { "two header lines", "i,na\nd,me\n1,Ä\n2,b c\n"u8.ToArray(), null },
        { "comments", "# made by hand\nid,name\n1,Ä\n# half\n2,b c\n"u8.ToArray(), new() { Comment = "#" } },
        { "other quotes", "id,name\n1,'Ä'\n2,'b c'\n"u8.ToArray(), new() { Quote = "'" } },
        { "blanks around values", "id , name\n 1 , Ä\t\n2,  b c\n"u8.ToArray(), new() { Trim = true } },
        { "a delimiter beyond ASCII", "id¦name\n1¦Ä\n2¦b c\n"u8.ToArray(), new() { Delimiter = "¦" } },
        { "Hive's control characters", "1\u0001Ä\n2\u0001b c\n"u8.ToArray(), new() { Delimiter = "\\x01", Header = 0, Quote = "" } },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Every_form_of_the_same_rows_becomes_the_same_rows(string form, byte[] file, Dialect? dialect)
    {
        var isJoined = dialect is null;
        var model = await ModelAsync(isJoined ? """{"i d":"Int64","na me":"String"}""" : """{"id":"Int64","name":"String"}""",
            isJoined ? new Dialect { Header = 2 } : null);

        var job = await _system.Api.LoadAsync(model, file, request => request with { Dialect = dialect });

        Assert.Equal((form, JobState.Success, 2L), (form, job.State, job.Success));
        Assert.Equal("1\tÄ\n2\tb c", await _system.RowsAsync(model, job));
    }

    [Fact]
    public async Task A_large_file_of_another_character_set_is_cut_into_chunks_as_any_other()
    {
        var model = await ModelAsync(SalesSchema, GermanExcel with { Skip = null, Footer = null });
        var text = new StringBuilder("Kunde;Betrag;Datum;bezahlt\r\n");
        const int rows = 200_000;
        for (var i = 0; i < rows; i++)
            text.Append($"Müller {i};{i / 1000}.{i % 1000:000},5;02.01.2024;ja\r\n".Replace(";0.", ";", StringComparison.Ordinal));

        var job = await _system.Api.LoadAsync(model, Encoding.GetEncoding(1252).GetBytes(text.ToString()));

        // Below a thousand they begin with zeros, as nobody writes them, but they are numbers.
        Assert.Equal((JobState.Success, (long)rows), (job.State, job.Success));
        Assert.Equal($"{rows}\t{(long)rows * (rows - 1) / 2 + rows / 2}", await _system.QueryAsync(
            $"SELECT uniqExact(Kunde), toInt64(sum(Betrag)) FROM {model.Table} WHERE _job_id = '{job.JobId}'"));
    }

    async Task<Model> ModelAsync(string schema, Dialect? dialect) => await _system.Api.CreateModelAsync(
        new CreateModelRequest { Name = $"dialect-{Guid.NewGuid():N}", Schema = JsonElement.Parse(schema), Dialect = dialect }, default);
}
