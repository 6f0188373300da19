using System.Text;
using System.Text.Json;
using Batch.Csv;
using Batch.Csv.Cutting;
using Batch.Csv.Detection;
using Batch.Csv.Dialects;
using Batch.Csv.Schema;
using Batch.Primitives;

namespace Batch.Tests.Detection;

/// <summary>The model's names in a file's head prove how it is written; nothing else does, and no row is ever taken for a preamble.</summary>
[Trait("Tier", "unit")]
public sealed class DetectedUploadTests
{
    static readonly ModelSchema Model = SchemaParser.Parse(JsonElement.Parse("""{"id":"Int64","größe":"Nullable(Float64)","name":"String"}"""), null, null);

    static DetectedUploadTests() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    public static TheoryData<string, byte[], string?> Files => new()
    {
        { "plain", "id,größe,name\n1,2,a\n"u8.ToArray(), null },
        { "semicolons", "id;größe;name\n1;2;a\n"u8.ToArray(), """{"delimiter":";"}""" },
        { "any order", "name|id|größe\na|1|2\n"u8.ToArray(), """{"delimiter":"|"}""" },
        { "two bytes", "id::größe::name\n1::2::a\n"u8.ToArray(), """{"delimiter":"::"}""" },
        { "a preamble", "Export of 2024\n\nid,größe,name\n1,2,a\n"u8.ToArray(), """{"skip":2}""" },
        { "a preamble filled up with separators", "Export;;\n;;\nid;größe;name\n1;2;a\n"u8.ToArray(), """{"skip":2,"delimiter":";"}""" },
        { "Excel's line for itself", "sep=;\r\nid;größe;name\r\n1;2;a\r\n"u8.ToArray(), """{"skip":1,"delimiter":";"}""" },
        { "other quotes", "'id';'größe';'name'\n1;2;'a;b'\n"u8.ToArray(), """{"delimiter":";","quote":"\u0027"}""" },
        { "Windows-1252", Encoding.GetEncoding(1252).GetBytes("id;größe;name\n1;2;ä\n"), """{"encoding":"windows-1252","delimiter":";"}""" },
        { "UTF-16 without a mark", Encoding.Unicode.GetBytes("id\tgröße\tname\n1\t2\tä\n"), """{"encoding":"UTF-16LE","delimiter":"\t"}""" },
        { "UTF-16 with a mark", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("id\tgröße\tname\n1\t2\tä\n")], """{"delimiter":"\t"}""" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public async Task The_line_with_the_models_names_settles_how_a_file_is_written(string what, byte[] file, string? dialect)
    {
        var opened = await OpenAsync(file);
        await using var csv = opened.Csv;

        Assert.Equal((what, dialect is null ? null : DialectOptions.Read(JsonElement.Parse(dialect))), (what, opened.Dialect));
        Assert.Equal(dialect is null, opened.Mapping.Warnings is []);
        await csv.CountRowsAsync(default);
        Assert.Equal(1, csv.RowsSeen);
    }

    [Theory]
    [InlineData("id,größe,nam\n1,2,a\n")]
    [InlineData("id,größe,name,more\n1,2,a,b\nid,größe,name\n2,3,c\n")]
    [InlineData("1;2;a\nid;größe;name\n2;3;b\n")]
    [InlineData("id;größe\n1;2\n")]
    public async Task Where_no_line_has_the_names_or_rows_stand_before_it_the_file_is_read_as_told(string text)
    {
        var opened = await OpenAsync(Encoding.UTF8.GetBytes(text));
        await using var csv = opened.Csv;

        Assert.Null(opened.Dialect);
        Assert.Empty(opened.Mapping.Warnings);
        Assert.Equal(text.Split('\n')[0], Encoding.UTF8.GetString(csv.Header.RawLine));
    }

    [Fact]
    public async Task What_the_job_says_is_not_questioned_and_what_the_model_says_goes_first()
    {
        var bars = Model with { Dialect = new() { Delimiter = "|", Decimal = "," } };

        await using var told = (await OpenAsync("id;größe;name\n1;2;a\n"u8.ToArray(), Model, new() { Delimiter = "," })).Csv;
        Assert.Single(told.Header.Names);

        var found = await OpenAsync("id;größe;name\n1;2;a\n"u8.ToArray(), bars);
        await using var csv = found.Csv;
        Assert.Equal(new FileDialect { Delimiter = ";", Decimal = "," }, found.Dialect);
        Assert.Equal("The header line shows how the file is written: delimiter=;. It was read so; --no-detect (in a request: detect=false) reads it as told.",
            Assert.Single(found.Mapping.Warnings));
    }

    [Fact]
    public async Task What_the_rest_of_the_dialect_forbids_is_not_found()
    {
        var opened = await OpenAsync("id;größe;name\n1;2;a\n"u8.ToArray(), Model with { Dialect = new() { Comment = ";" } });
        await using var csv = opened.Csv;

        Assert.Single(csv.Header.Names);
        Assert.False(opened.Mapping.Fits);
    }

    [Fact]
    public async Task Two_separators_that_fit_are_named_and_nothing_is_loaded()
    {
        var fault = await Assert.ThrowsAsync<CsvFileException>(
            () => OpenAsync("id||größe||name\n1||2||a\n"u8.ToArray(), Model with { IgnoreExtraColumns = true }));

        Assert.Equal("AMBIGUOUS_DIALECT", fault.Code);
        Assert.Contains("delimiter=|, and delimiter=||", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_and_shows_no_names_is_refused_for_what_it_is()
    {
        var fault = await Assert.ThrowsAsync<CsvFileException>(() => OpenAsync("\"id,größe,name\n1,2,a\n"u8.ToArray()));

        Assert.Equal("MALFORMED_HEADER", fault.Code);
    }

    static Task<DetectedUpload> OpenAsync(byte[] file, ModelSchema? model = null, FileDialect? given = null)
    {
        model ??= Model;
        var told = new ToldDialect(given, model.Dialect, Detects: true);
        return DetectedUpload.OpenAsync(new MemoryStream(file), model, default, told, false, new ChunkerOptions(), new ByteBudget(64 << 20), default);
    }
}
