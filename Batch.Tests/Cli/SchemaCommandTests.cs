using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Batch.Cli;

namespace Batch.Tests.Cli;

/// <summary><c>batch schema</c>: the schema on stdout, what it rests on on stderr, and no service anywhere.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class SchemaCommandTests
{
    const string Purchases = "event_id,timestamp,amount,zip,note\ne1,1716045542,12.5,0800,\ne2,1716045543,8,10115,x\n";

    [Fact]
    public async Task The_schema_goes_to_stdout_and_the_evidence_to_stderr()
    {
        using var file = new TemporaryFile("data.csv", Purchases);

        var run = await CliRun.RunAsync(["schema", file.Path, "--format", "clickhouse"]);

        Assert.Equal("""
            {
              "event_id": "String",
              "timestamp": {
                "type": "DateTime",
                "format": "unix-time"
              },
              "amount": "Float64",
              "zip": "String",
              "note": "Nullable(String)"
            }

            """, run.Out);
        Assert.Equal("""
            COLUMN      TYPE      CLICKHOUSE       REQUIRED VALUES  BLANK EVIDENCE
            ----------- --------- ---------------- -------- ------- ----- ------------------------------------------------------------------------------------------------
            event_id    STRING    String           yes            2     0 2 different: "e1", "e2"; not FLOAT because of row 1: "e1", not a number
            timestamp   TIMESTAMP DateTime         yes            2     0 2024-05-18T15:19:02Z to 2024-05-18T15:19:03Z; 2 different
            amount      FLOAT     Float64          yes            2     0 8 to 12.5; 2 different; not INTEGER because of row 1: "12.5", not a whole number
            zip         STRING    String           yes            2     0 2 different: "0800", "10115"; not FLOAT because of row 1: "0800", its leading zero would be lost
            note        STRING    Nullable(String) no             1     1 1 different: "x"; not FLOAT because of row 2: "x", not a number; first blank in row 1

            2 rows. All fit this schema. 5 columns, separated by ,


            """, run.Error);
        Assert.Equal(0, run.ExitCode);
    }

    [Theory]
    [InlineData("json-schema")]
    [InlineData("clickhouse")]
    public async Task What_it_prints_is_what_model_create_sends(string format)
    {
        await using var api = await StubApi.StartAsync();
        using var file = new TemporaryFile("data.csv", Purchases);
        var schema = await CliRun.RunAsync(["schema", file.Path, "--format", format]);
        using var model = new TemporaryFile("model.json", schema.Out);

        await CliRun.RunAsync(["model", "create", "purchases", model.Path], api.World);
        await CliRun.RunAsync(["model", "create", "purchases", "-"], api.World with { Input = schema.Out });

        Assert.All(api.Bodies, body => Assert.True(JsonElement.DeepEquals(
            JsonElement.Parse(schema.Out), JsonElement.Parse(Encoding.UTF8.GetString(body)).GetProperty("schema"))));
        Assert.Equal(2, api.Bodies.Count);
    }

    [Fact]
    public async Task A_model_can_be_made_from_a_file()
    {
        await using var api = await StubApi.StartAsync();
        using var file = new TemporaryFile("data.csv", Purchases);
        var schema = await CliRun.RunAsync(["schema", file.Path, "-q"]);

        await CliRun.RunAsync(["model", "create", "purchases", "--from", file.Path], api.World);

        var sent = JsonElement.Parse(Encoding.UTF8.GetString(Assert.Single(api.Bodies)));
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(schema.Out), sent.GetProperty("schema")));
        Assert.Equal("purchases", sent.GetProperty("name").GetString());
    }

    [Fact]
    public async Task Gzip_and_standard_input_are_read_like_the_file()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionMode.Compress, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes(Purchases));
        using var plain = new TemporaryFile("data.csv", Purchases);
        using var zipped = new TemporaryFile("data.csv.gz", packed.ToArray());

        var expected = await CliRun.RunAsync(["schema", plain.Path]);

        Assert.Equal(expected, await CliRun.RunAsync(["schema", zipped.Path]));
        Assert.Equal(expected, await CliRun.RunAsync(["schema", "-"], new CliWorld { Input = Purchases }));
    }

    [Fact]
    public async Task The_table_definition_has_the_name_asked_for()
    {
        using var file = new TemporaryFile("data.csv", "event_id,n\na,1\n");

        var run = await CliRun.RunAsync(["schema", file.Path, "--format", "ddl", "--table", "sales", "--quiet"]);

        Assert.Equal("CREATE TABLE `sales`\n(\n    `event_id` String,\n    `n` Int64\n)\nENGINE = MergeTree\nORDER BY (`event_id`);\n", run.Out);
        Assert.Equal("", run.Error);
    }

    [Theory]
    [InlineData("2", "INTEGER", "Only the first 2 rows were read; those after them may not fit.")]
    [InlineData("2rows", "INTEGER", "Only the first 2 rows were read")]
    [InlineData("3", "STRING", "3 rows. All fit this schema.")]
    [InlineData("1MB", "STRING", "3 rows. All fit this schema.")]
    [InlineData("1.5GiB", "STRING", "3 rows. All fit this schema.")]
    public async Task A_sample_is_the_beginning_and_is_reported_as_a_sample(string sample, string type, string sentence)
    {
        using var file = new TemporaryFile("data.csv", "a,b\n1,x\n2,x\nz,x\n");

        var run = await CliRun.RunAsync(["schema", file.Path, "--sample", sample, "--format", "clickhouse"]);
        var data = await CliRun.RunAsync(["schema", file.Path, "--sample", sample, "--output", "json"]);

        Assert.Contains(sentence, run.Error);
        Assert.Equal(type, JsonElement.Parse(data.Out)[0].GetProperty("type").GetString());
    }

    [Fact]
    public async Task A_sample_of_a_size_ends_with_a_whole_row()
    {
        using var file = new TemporaryFile("data.csv", "a,b\n" + string.Concat(Enumerable.Range(0, 100_000).Select(n => $"{n},\"two\nlines\"\n")) + "odd,x\n");

        var run = await CliRun.RunAsync(["schema", file.Path, "--sample", "100kB", "--output", "ndjson"]);

        var column = JsonElement.Parse(run.OutLines[0]);
        Assert.Equal("INTEGER", column.GetProperty("type").GetString());
        Assert.InRange(column.GetProperty("values").GetInt64(), 5_000, 15_000);
    }

    [Fact]
    public async Task The_evidence_is_data_for_scripts()
    {
        using var file = new TemporaryFile("data.csv",
            "n,c\n" + string.Concat(Enumerable.Range(1, 200).Select(n => $"{(n == 150 ? "1.5" : n.ToString())},{(n % 2 == 0 ? "red" : "blue")}\n")));

        var run = await CliRun.RunAsync(["schema", file.Path, "--output", "json"]);

        var columns = JsonElement.Parse(run.Out);
        Assert.Equal(("FLOAT", 200, "1", "200"), (columns[0].GetProperty("type").GetString(), columns[0].GetProperty("values").GetInt32(),
            columns[0].GetProperty("minimum").GetString(), columns[0].GetProperty("maximum").GetString()));
        var ruledOut = columns[0].GetProperty("ruled_out")[0];
        Assert.Equal(("INTEGER", 150, "1.5"),
            (ruledOut.GetProperty("type").GetString(), ruledOut.GetProperty("row").GetInt32(), ruledOut.GetProperty("value").GetString()));
        Assert.Equal(["blue", "red"], columns[1].GetProperty("categories").EnumerateArray().Select(value => value.GetString()));
        Assert.Equal(0, columns[1].GetProperty("allowed_values").GetArrayLength());
    }

    [Fact]
    public async Task Rows_that_do_not_fit_are_told_and_a_set_of_texts_is_closed_with_strict()
    {
        using var file = new TemporaryFile("data.csv",
            "n,c\n" + string.Concat(Enumerable.Range(1, 200).Select(n => $"{(n == 150 ? "n/a" : n.ToString())},{(n % 2 == 0 ? "red" : "blue")}\n")));

        var run = await CliRun.RunAsync(["schema", file.Path, "--format", "clickhouse"]);
        var strict = await CliRun.RunAsync(["schema", file.Path, "--format", "clickhouse", "--strict"]);

        Assert.Contains("200 rows. At least 199 fit this schema.", run.Error);
        Assert.Contains(
            "1 row has a value in 'n' that does not fit INTEGER and would be rejected; the first is row 150: 'n/a', not a whole number.", run.Error);
        Assert.Contains("\"c\": \"LowCardinality(String)\"", run.Out);
        Assert.Contains("2 values: \"blue\", \"red\"", run.Error);
        Assert.Contains("\"c\": \"Enum8('blue' = 1, 'red' = 2)\"", strict.Out);
    }

    [Theory]
    [InlineData("1,2\n3,4\n", "--header present", "The first line looks like a row, not like a header line: '1', '2' are like the values below.")]
    [InlineData("a,,b\n1,x,3\n", "--ignore-extra-columns", "Column 2 of the header line is invalid in a model: its name is blank")]
    [InlineData("a,b,b\n1,x,3\n", "--ignore-extra-columns", "its name, 'b', appears more than once")]
    [InlineData("{\"a\": 1}\n{\"a\": 2}\n", null, "The file is JSON, not CSV")]
    public async Task A_header_line_that_is_none_is_an_error_with_a_way_out(string csv, string? wayOut, string says)
    {
        await using var api = await StubApi.StartAsync();
        using var file = new TemporaryFile("data.csv", csv);

        foreach (string[] command in new string[][] { ["schema", file.Path], ["model", "create", "m", "--from", file.Path] })
        {
            var refused = await CliRun.RunAsync(command, api.World);
            Assert.Equal((ExitCodes.Failure, ""), (refused.ExitCode, refused.Out));
            Assert.Contains(says, refused.Error);
            if (wayOut is null)
                continue;
            Assert.Contains(wayOut, refused.Error);
            var taken = await CliRun.RunAsync([.. command, .. wayOut.Split(' ')], api.World);
            Assert.Equal(command[0] == "schema", taken.Out.Length > 0 && taken.ExitCode == ExitCodes.Success);
        }
        Assert.Equal(wayOut is null ? 0 : 1, api.Bodies.Count);
    }

    [Fact]
    public async Task The_separator_is_found_out_unless_given()
    {
        using var file = new TemporaryFile("data.csv", "a;b\n1;2\n");

        Assert.Contains("2 columns, separated by ;", (await CliRun.RunAsync(["schema", file.Path])).Error);
        Assert.Contains("1 column, separated by |", (await CliRun.RunAsync(["schema", file.Path, "-d", "|"])).Error);
    }

    [Theory]
    [InlineData(80)]
    [InlineData(50)]
    [InlineData(200)]
    public async Task The_evidence_is_no_wider_than_the_terminal(int width)
    {
        using var file = new TemporaryFile("data.csv", Purchases);

        var run = await CliRun.RunAsync(["schema", file.Path], new CliWorld { Width = width });

        Assert.All(run.Error.Split('\n').Take(15), line => Assert.True(line.Length <= width, line));
    }

    [Theory]
    [InlineData("schema f.csv --sample many", "--sample many is not a size.", "64MB")]
    [InlineData("schema f.csv --sample 0", "--sample 0 is not a size.", "10000")]
    [InlineData("schema f.csv --format ddl --output json", "--format prints the schema", "one of the two")]
    [InlineData("schema f.csv --table x", "--format ddl")]
    [InlineData("schema f.csv --format xml", "'xml'", "json-schema")]
    [InlineData("schema f.csv --quote xx", "quote is 'xx'", "one ASCII character")]
    [InlineData("model create x", "--from")]
    [InlineData("model create x m.json --strict", "--from")]
    [InlineData("schema f.csv --header many", "header is 'many'", "number")]
    [InlineData("model create x m.json --from f.csv", "one of the two")]
    public async Task What_cannot_be_is_a_usage_error(string command, params string[] parts)
    {
        var run = await CliRun.RunAsync(new CliWorld(), command);

        Assert.Equal((ExitCodes.Usage, ""), (run.ExitCode, run.Out));
        Assert.All(parts, part => Assert.Contains(part, run.Error));
    }
}
