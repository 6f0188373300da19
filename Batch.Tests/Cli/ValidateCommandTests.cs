using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Batch.Cli;
using Batch.Client;

namespace Batch.Tests.Cli;

/// <summary><c>batch validate</c>: what a job would say of a file, without one.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class ValidateCommandTests : IDisposable
{
    const string Schema = """{"event_id": "String", "timestamp": "UInt32", "amount": "Float64"}""";
    const string Good = "event_id,timestamp,amount\n1,1716045542,12.5\n2,1716045543,8.0\n";
    const string Bad = "event_id,timestamp,amount\n3,yesterday,1.0\n,1716045544,x\n5,1716045545,2.5\n6,1716045545,y\n";

    readonly TemporaryFile _model = new("model.json", Schema);
    readonly TemporaryFile _good = new("good.csv", Good);
    readonly TemporaryFile _bad = new("bad.csv", Bad);

    public void Dispose()
    {
        _model.Dispose();
        _good.Dispose();
        _bad.Dispose();
    }

    [Fact]
    public async Task A_good_file_is_reported_as_good()
    {
        var run = await CliRun.RunAsync(["validate", _model.Path, _good.Path]);

        Assert.Equal(("", "good.csv: all 2 rows are good.\n", ExitCodes.Success), (run.Out, run.Error, run.ExitCode));
    }

    [Fact]
    public async Task Bad_rows_are_reported_as_of_a_job_summary_first()
    {
        var run = await CliRun.RunAsync(["validate", _model.Path, _bad.Path]);

        Assert.Equal(ExitCodes.PartialSuccess, run.ExitCode);
        Assert.Equal("""
            bad.csv: 1 of 4 rows is good, 3 are bad.
            4 errors of 3 kinds:
            ERRORS   COLUMN      TYPE        ERROR               SAMPLE
            -------- ----------- ----------- ------------------- ----------------
                   2 amount      FLOAT       NOT_A_FLOAT         "x"
                   1 event_id    STRING      INVALID_EVENT_ID
                   1 timestamp   TIMESTAMP   INVALID_TIMESTAMP   "yesterday"


            """, run.Error);
        Assert.Equal("""
            ROW  EVENT_ID COLUMN      TYPE        ERROR               OBSERVED         MESSAGE
            ---- -------- ----------- ----------- ------------------- ---------------- ------------------------------------------------------------------------------------
            1    3        timestamp   TIMESTAMP   INVALID_TIMESTAMP   "yesterday"      The 'timestamp' value is invalid. Please provide a 32-bit Unix timestamp (integer).
            2             event_id    STRING      INVALID_EVENT_ID                     The 'event_id' value is invalid. Provide a non-empty string or integer identifier.
            2             amount      FLOAT       NOT_A_FLOAT         "x"              The value for 'amount' is not a float. Provide a numeric value (e.g. 3.14).
            4    6        amount      FLOAT       NOT_A_FLOAT         "y"              The value for 'amount' is not a float. Provide a numeric value (e.g. 3.14).

            """, run.Out);
    }

    [Theory]
    [InlineData(Good, ExitCodes.Success, "all 2 rows are good.")]
    [InlineData(Bad, ExitCodes.PartialSuccess, "1 of 4 rows is good, 3 are bad.")]
    [InlineData("event_id,timestamp,amount\n1,x,1\n", ExitCodes.Failure, "the row is bad.")]
    [InlineData("event_id,timestamp\n1,1\n2,2\n", ExitCodes.Failure, "the header line does not fit, so none of the 2 rows can be loaded.")]
    [InlineData("event_id,timestamp,amount\n", ExitCodes.Success, "no rows; the header line fits.")]
    public async Task The_exit_code_says_how_much_is_good(string csv, int exitCode, string sentence)
    {
        using var file = new TemporaryFile("data.csv", csv);

        var run = await CliRun.RunAsync(["validate", _model.Path, file.Path]);

        Assert.Equal(exitCode, run.ExitCode);
        Assert.StartsWith($"data.csv: {sentence}\n", run.Error);
    }

    [Fact]
    public async Task Header_faults_are_errors_of_row_0_and_another_separator_is_suggested()
    {
        using var file = new TemporaryFile("data.csv", Good.Replace(',', ';'));

        var run = await CliRun.RunAsync(["validate", _model.Path, file.Path, "--output", "ndjson", "--no-detect"]);

        Assert.Equal(["EXTRA_COLUMN", "MISSING_COLUMN", "MISSING_COLUMN", "MISSING_COLUMN"],
            run.OutLines.Select(line => JsonElement.Parse(line).GetProperty("error").GetString()).Order());
        Assert.All(run.OutLines, line => Assert.Equal(0, JsonElement.Parse(line).GetProperty("row").GetInt64()));
        Assert.Contains("\nLine 1 read with ';' has all 3 columns: add --delimiter ';' (in a request: delimiter=;).\n", run.Error);
        Assert.Equal(ExitCodes.Success, (await CliRun.RunAsync(["validate", _model.Path, file.Path, "--delimiter", ";"])).ExitCode);
        Assert.Equal(ExitCodes.Success, (await CliRun.RunAsync(["validate", _model.Path, file.Path])).ExitCode);
    }

    [Fact]
    public async Task What_is_ignored_is_named_and_what_was_hardly_meant_to_be_is_warned_of()
    {
        using var model = new TemporaryFile("model.json", """{"id": "Int64", "name": "Nullable(String)"}""");
        using var file = new TemporaryFile("data.csv", "legacy,id,NAME\nx,1,Ann\n");

        var run = await CliRun.RunAsync(["validate", model.Path, file.Path, "--ignore-extra-columns"]);

        Assert.Equal(ExitCodes.Success, run.ExitCode);
        Assert.Equal("""
            data.csv: the row is good.
            ignored columns: legacy, NAME
            warning: The column 'NAME' was ignored and the model's 'name' was filled with nothing: they differ in capitals.

            """, run.Error);
    }

    [Fact]
    public async Task Json_and_ndjson_have_the_shape_of_the_api_and_the_file()
    {
        var lines = await CliRun.RunAsync(["validate", _model.Path, _bad.Path, _good.Path, "-o", "ndjson"]);
        var array = await CliRun.RunAsync(["validate", _model.Path, _bad.Path, _good.Path, _bad.Path, "-o", "json"]);
        var none = await CliRun.RunAsync(["validate", _model.Path, _good.Path, "-o", "json"]);

        var rows = lines.OutLines.Select(line => JsonSerializer.Deserialize(line, BatchJson.Default.RejectedRow)!).ToList();
        Assert.Equal([(1L, 2L, "3", "timestamp", "INVALID_TIMESTAMP"), (2, 3, null, "event_id", "INVALID_EVENT_ID"), (2, 3, null, "amount",
            "NOT_A_FLOAT"), (4, 5, "6", "amount", "NOT_A_FLOAT")],
            rows.Select(row => (row.Row, row.Line, row.EventId, row.Column, row.Error)));
        Assert.Equal(["3,yesterday,1.0", ",1716045544,x", null, "6,1716045545,y"], rows.Select(row => row.Raw));
        Assert.Equal(8, JsonElement.Parse(array.Out).GetArrayLength());
        Assert.All(JsonElement.Parse(array.Out).EnumerateArray(), row => Assert.Equal("bad.csv", row.GetProperty("file").GetString()));
        Assert.Equal(0, JsonElement.Parse(none.Out).GetArrayLength());
    }

    [Fact]
    public async Task Csv_is_the_bad_rows_byte_for_byte_after_their_numbers_and_errors()
    {
        var csv = await CliRun.RunAsync(["validate", _model.Path, _bad.Path, "-o", "csv", "--column", "event_id"]);

        Assert.Equal(
            "_row,_errors,event_id,timestamp,amount\n2,\"event_id: INVALID_EVENT_ID. The 'event_id' value is invalid. Provide a non-empty string or integer identifier."
            + " | amount: NOT_A_FLOAT. The value for 'amount' is not a float. Provide a numeric value (e.g. 3.14).\",,1716045544,x\n", csv.Out);
    }

    [Fact]
    public async Task An_export_that_was_fixed_is_good_again()
    {
        var csv = await CliRun.RunAsync(["validate", _model.Path, _bad.Path, "-o", "csv"]);
        using var put = new TemporaryFile("fixed.csv",
            csv.Out.Replace(",yesterday,", ",1716045542,").Replace(",,1716045544,x", ",4,1716045544,1").Replace(",y\n", ",2\n"));

        var run = await CliRun.RunAsync(["validate", _model.Path, put.Path]);

        Assert.Equal(ExitCodes.Success, run.ExitCode);
        Assert.Contains("all 3 rows are good.\nThis is an export of rejected rows", run.Error);
    }

    [Fact]
    public async Task Only_what_is_asked_for_is_shown()
    {
        var code = await CliRun.RunAsync(["validate", _model.Path, _bad.Path, "--code", "not_a_float", "--limit", "1"]);
        var column = await CliRun.RunAsync(["validate", _model.Path, _bad.Path, "--column", "timestamp", "-o", "ndjson"]);
        var nothing = await CliRun.RunAsync(["validate", _model.Path, _bad.Path, "--column", "nothing"]);
        var limited = await CliRun.RunAsync(["validate", _model.Path, _bad.Path, "-o", "json", "--limit", "2"]);

        Assert.Equal(3, code.OutLines.Length);
        Assert.StartsWith("2             amount", code.OutLines[2]);
        Assert.Contains("There are more errors than these 1", code.Error);
        Assert.Single(column.OutLines);
        Assert.Contains("None of them for this reason.", nothing.Error);
        Assert.Equal(2, JsonElement.Parse(limited.Out).GetArrayLength());
        Assert.All([code, column, nothing, limited], run => Assert.Equal(ExitCodes.PartialSuccess, run.ExitCode));
    }

    [Fact]
    public async Task Of_several_files_one_that_cannot_be_read_does_not_hold_up_the_others()
    {
        using var binary = new TemporaryFile("binary.csv", [0x50, 0x4B, 3, 4, 0, 0, 0]);

        var run = await CliRun.RunAsync(["validate", _model.Path, binary.Path, "/nowhere.csv", _good.Path]);

        Assert.Equal(ExitCodes.Failure, run.ExitCode);
        Assert.Contains("good.csv: all 2 rows are good.", run.Error);
        Assert.Contains("looks like a zip archive", run.Error);
        Assert.Contains("There is no file '/nowhere.csv'", run.Error);
    }

    [Fact]
    public async Task A_model_of_the_service_will_do_too_with_its_rule_for_other_columns()
    {
        await using var api = await StubApi.StartAsync();
        using var file = new TemporaryFile("more.csv", "event_id,timestamp,amount,more\n1,1,1,1\n");
        foreach (var rule in new[] { "reject", "ignore" })
            api.On("GET /models/purchases", 200, JsonSerializer.Serialize(new Model
            {
                ModelId = "456a7890b1cd23ef4567890123456789", TenantId = "t", Name = "purchases", Version = 1, Schema = JsonElement.Parse(Schema), Columns = [],
                Table = "data_x", CreatedAt = default, ExtraColumns = rule,
            }, BatchJson.Default.Model));

        Assert.Equal(ExitCodes.Failure, (await CliRun.RunAsync(["validate", "purchases", file.Path], api.World)).ExitCode);
        Assert.Equal(ExitCodes.Success, (await CliRun.RunAsync(["validate", "purchases", file.Path], api.World)).ExitCode);
        Assert.All(api.Requests, request => Assert.Equal("GET /models/purchases", request));
    }

    [Fact]
    public async Task A_large_file_is_judged_in_order_by_all_cores()
    {
        var csv = new StringBuilder("event_id,timestamp,amount\n");
        for (var row = 1; row <= 300_000; row++)
            csv.Append(row).Append(",1716045542,").Append(row % 1_000 == 0 ? "x" : "1.5").Append(row == 299_999 ? ",late" : "").Append('\n');
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes(csv.ToString()));
        using var file = new TemporaryFile("data.csv.gz", packed.ToArray());

        var all = await CliRun.RunAsync(["validate", _model.Path, file.Path, "-o", "ndjson"]);
        var table = await CliRun.RunAsync(["validate", _model.Path, file.Path, "-n", "5"]);
        var summary = await CliRun.RunAsync(["validate", _model.Path, file.Path, "--summary", "-o", "csv"]);

        Assert.Equal([.. Enumerable.Range(1, 299).Select(n => n * 1_000L), 299_999, 300_000],
            all.OutLines.Select(line => JsonElement.Parse(line).GetProperty("row").GetInt64()));
        Assert.Equal(["1000", "2000", "3000", "4000", "5000"], table.OutLines.Skip(2).Select(line => line.Split(' ')[0]));
        Assert.Equal(["column,type,error,count,sample,file", "amount,FLOAT,NOT_A_FLOAT,300,x,data.csv.gz", "column 4,STRING,EXTRA_COLUMN,1,late,data.csv.gz"],
            summary.OutLines);
        Assert.Contains("299,699 of 300,000 rows are good, 301 are bad.", summary.Error);
    }

    [Fact]
    public async Task A_truncated_gzip_file_is_reported()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionMode.Compress, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes(Good));
        using var file = new TemporaryFile("data.csv.gz", packed.ToArray()[..^6]);

        var run = await CliRun.RunAsync(["validate", _model.Path, file.Path]);

        Assert.Equal((ExitCodes.Failure, ""), (run.ExitCode, run.Out));
        Assert.Equal("The gzip data is cut off. Compress the file again; gzip -t checks it.\n", run.Error);
    }
}
