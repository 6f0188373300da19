using System.Text;
using Batch.Csv.Cutting;
using Batch.Csv.Dialects;
using Batch.Csv.Schema;
using Batch.Csv.Validation;
using Batch.Csv.Validation.Rejects;
using Batch.Primitives;
using Batch.Tests.Validation;

namespace Batch.Tests.Dialects;

[Trait("Tier", "unit")]
public sealed class DialectFileTests
{
    [Fact]
    public async Task A_German_export_is_read_as_it_is_written()
    {
        var file = Latin("Kontoauszug\nvom 3.1.\nname;betrag;aktiv\nMüller;1.234,56 €;ja\n\"Groß; Co\";-0,5;nein\nN.N.;n/a;\nRest;1.23,4;ja\nSumme;1;2\n");
        var found = await ReadAsync(file, """{"name":"String","betrag":"Nullable(Float64)","aktiv":"Nullable(Bool)"}""",
            ("encoding", "windows-1252"), ("delimiter", ";"), ("skip", "2"), ("footer", "1"), ("decimal", "comma"), ("thousands", "point"), ("currency", "€"),
            ("null_values", "n/a"), ("true_values", "ja"), ("false_values", "nein"));
        Assert.Equal(4, found.Rows);
        Assert.Equal(["7: NOT_A_FLOAT betrag 1.23,4"], found.Errors);
        Assert.Equal(["Müller 1234.56 1", "Groß; Co -0.5 0", "N.N. NULL NULL"], found.Loaded);
    }

    [Fact]
    public async Task A_null_value_in_a_required_column_is_no_value()
    {
        var found = await ReadAsync("a,b\n-,1\nx,-\n"u8.ToArray(), """{"a":"String","b":"Int32"}""", ("null_values", "-"));
        Assert.Equal(["2: NULL_VALUE a -", "3: NULL_VALUE b -"], found.Errors);
    }

    [Fact]
    public async Task Bytes_that_mean_nothing_in_an_encoding_are_never_replaced()
    {
        var found = await ReadAsync([.. "a\n"u8, (byte)'x', 0x81, (byte)'\n', 0xE4, (byte)'\n'], """{"a":"String"}""", ("encoding", "windows-1252"));
        Assert.Equal(1, found.Errors.Count(error => error.StartsWith("2: INVALID_ENCODING", StringComparison.Ordinal)));
        Assert.Equal(["ä"], found.Loaded);
    }

    [Theory]
    [InlineData("UTF-16LE")]
    [InlineData("UTF-16BE")]
    [InlineData("UTF-32LE")]
    [InlineData("shift_jis")]
    [InlineData("gb18030")]
    public async Task Other_encodings_become_the_same_text(string name)
    {
        var encoding = name switch
        {
            "UTF-16LE" => Encoding.Unicode,
            "UTF-16BE" => Encoding.BigEndianUnicode,
            "UTF-32LE" => Encoding.UTF32,
            _ => CodePagesEncodingProvider.Instance.GetEncoding(name)!,
        };
        var found = await ReadAsync(encoding.GetBytes("a,b\n日本,1\n\"語,\n\",2\n"), """{"a":"String","b":"Int32"}""", ("encoding", name));
        Assert.Empty(found.Errors);
        Assert.Equal(["日本 1", "語,\n 2"], found.Loaded);
    }

    [Fact]
    public async Task A_byte_order_mark_is_proof_enough()
    {
        var found = await ReadAsync([0xFF, 0xFE, .. Encoding.Unicode.GetBytes("a\nä\n")], """{"a":"String"}""");
        Assert.Equal(["ä"], found.Loaded);
    }

    [Fact]
    public async Task Without_a_header_line_the_fields_are_the_columns_in_order()
    {
        var found = await ReadAsync("1,x\n2,y,z\n"u8.ToArray(), """{"a":"Int32","b":"String"}""", ("header", "absent"));
        Assert.Equal(["1 x"], found.Loaded);
        Assert.Equal(["2: EXTRA_COLUMN column 3 z"], found.Errors);
    }

    [Fact]
    public async Task A_header_of_two_lines_is_joined()
    {
        var found = await ReadAsync("net,gross\nEUR,\n1,2\n"u8.ToArray(), """{"net EUR":"Int32","gross":"Int32"}""", ("header", "2"));
        Assert.Equal(["1 2"], found.Loaded);
    }

    [Fact]
    public async Task Quotes_escapes_and_comments_are_those_of_the_dialect()
    {
        var found = await ReadAsync(@"# made by hand
a,b
'it\'s, \\ ok',1
#'not,a row
'#x',2
'wrong \n',3
a\b,4
\N,5
"u8.ToArray(), """{"a":"Nullable(String)","b":"Int32"}""", ("quote", "'"), ("escape", "backslash"), ("comment", "#"));
        Assert.Equal([@"it's, \ ok 1", "#x 2", "NULL 5"], found.Loaded);
        Assert.Equal(["6: MALFORMED_QUOTES ", "7: MALFORMED_QUOTES "], found.Errors.Select(error => error[..20]));
    }

    [Theory]
    [InlineData("||")]
    [InlineData("¦")]
    [InlineData(", ")]
    public async Task A_delimiter_may_have_several_bytes(string delimiter)
    {
        var text = "a,b\n\"x,,\",1\ny,2\n\"z\"\"\nz\",3\n,4\n".Replace(",", delimiter, StringComparison.Ordinal);
        var found = await ReadAsync(Encoding.UTF8.GetBytes(text), """{"a":"Nullable(String)","b":"Int32"}""", ("delimiter", delimiter));
        Assert.Empty(found.Errors);
        Assert.Equal($"x{delimiter}{delimiter} 1", found.Loaded[0]);
        Assert.Contains("z\"\nz 3", found.Loaded);
        Assert.Equal("NULL 4", found.Loaded[^1]);
    }

    [Theory]
    [InlineData("quote", ",", "delimiter and quote")]
    [InlineData("thousands", ".", "decimal and thousands")]
    [InlineData("encoding", "klingon", "klingon")]
    [InlineData("skip", "-1", "skip")]
    [InlineData("quotation", "x", "quotation")]
    public void What_cannot_be_is_refused_by_name(string name, string value, string named)
    {
        var fault = Assert.Throws<SchemaException>(() => DialectOptions.Of(new FileDialect().With(name, value), null));
        Assert.Equal("INVALID_DIALECT", fault.Code);
        Assert.Contains(named, fault.Message);
    }

    static byte[] Latin(string text) => CodePagesEncodingProvider.Instance.GetEncoding("windows-1252")!.GetBytes(text);

    static async Task<(int Rows, List<string> Errors, List<string> Loaded)> ReadAsync(byte[] file, string model, params (string Name, string Text)[] options)
    {
        var schema = SchemaParser.Parse(System.Text.Json.JsonElement.Parse(model), null, null);
        var special = DialectOptions.Of(options.Aggregate(new FileDialect(), (dialect, option) => dialect.With(option.Name, option.Text)), null);
        var dialect = schema.Rules.Dialect(special);
        await using var upload = await CsvUpload.OpenAsync(
            new MemoryStream(file), dialect, FileHead.Of(special, schema.Columns.Select(column => column.Name)), new ChunkerOptions(),
            new ByteBudget(64 << 20), default);
        var mapping = ColumnMapping.Map(upload.Header.Names, schema, false);
        Assert.Empty(mapping.Faults);
        using var validator = new ChunkValidator();
        var (rows, errors, loaded) = (0, new List<string>(), new List<string>());
        await foreach (var chunk in upload.ReadChunksAsync(default))
        {
            var validated = validator.Validate(new ChunkRows
            {
                Bytes = chunk.Bytes, Count = chunk.Rows, FirstRow = chunk.FirstRow, FirstLine = chunk.FirstLine, Mapping = mapping.Mapping,
                Dialect = dialect with { IsOneColumn = mapping.Mapping.Length == 1 }, Values = special, HeaderLine = upload.Header.RawLine,
            }, schema, default);
            rows += validated.Rows;
            validated.VisitErrors((in RejectedError error) =>
            {
                errors.Add($"{error.Line}: {error.Error} {error.Column} {Encoding.UTF8.GetString(error.Observed)}".Replace(
                    "MALFORMED_QUOTES  ", "MALFORMED_QUOTES ", StringComparison.Ordinal));
                return true;
            });
            if (validated.Data is { } data)
            {
                var columns = NativeReader.Read(data).Take(schema.Columns.Count).ToList();
                loaded.AddRange(Enumerable.Range(0, (int)data.Rows).Select(row => string.Join(' ', columns.Select(column => column.Values[row] ?? "NULL"))));
            }
            chunk.Dispose();
        }
        return (rows, errors, loaded);
    }
}
