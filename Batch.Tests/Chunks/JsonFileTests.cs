using System.Text;
using Batch.Csv;
using Batch.Csv.Cutting;
using Batch.Primitives;

namespace Batch.Tests.Chunks;

/// <summary>A JSON file is told from a CSV file whose header line has brackets in it.</summary>
[Trait("Tier", "unit")]
public sealed class JsonFileTests
{
    [Theory]
    [InlineData("{\"id\":1,\"name\":\"a\"}\n{\"id\":2,\"name\":\"b\"}\n")]
    [InlineData("{\"id\":1}\r\n{\"id\":2}\r\n")]
    [InlineData("\uFEFF{\"id\":1}\n")]
    [InlineData("\n\n  {\"id\":1} \n{\"id\":2}")]
    [InlineData("{\n  \"id\": 1,\n  \"name\": \"a, b\"\n}\n")]
    [InlineData("[{\"id\":1},\n{\"id\":2}]\n")]
    [InlineData("[\"id\",\"name\"]\n[1,\"a\"]\n")]
    [InlineData("[1,2]\n[3,4]\n")]
    [InlineData("{}\n{}\n")]
    public async Task A_file_that_begins_with_an_object_or_a_list_is_refused_as_JSON(string file) =>
        Assert.Equal("JSON_FILE", (await Assert.ThrowsAsync<CsvFileException>(() => OpenAsync(file))).Code);

    [Fact]
    public async Task A_first_object_that_is_longer_than_what_is_looked_at_is_JSON_too() =>
        Assert.Equal("JSON_FILE",
            (await Assert.ThrowsAsync<CsvFileException>(() => OpenAsync($"{{\"a\": 1, \"text\": \"{new string('x', 200_000)}\"}}\n"))).Code);

    [Theory]
    [InlineData("[id],name\n1,a\n", "[id]")]
    [InlineData("[1],name\n1,a\n", "[1]")]
    [InlineData("{id},name\n1,a\n", "{id}")]
    [InlineData("{\"\"a\"\":1},name\n1,a\n", "{\"\"a\"\":1}")]
    [InlineData("[\n1\n2\n", "[")]
    [InlineData("{\n1\n2\n", "{")]
    [InlineData("[1.5;2]\n1\n", "[1.5;2]")]
    [InlineData("[\"a\"] and more\n1\n", "[\"a\"] and more")]
    public async Task A_header_line_with_brackets_is_a_header_line(string file, string name)
    {
        try
        {
            Assert.Equal(name, await OpenAsync(file));
        }
        // The quotes may be what is wrong with it.
        catch (CsvFileException fault) when (name.Contains('"', StringComparison.Ordinal))
        {
            Assert.Equal("MALFORMED_HEADER", fault.Code);
        }
    }

    static async Task<string> OpenAsync(string file)
    {
        await using var upload = await CsvUpload.OpenAsync(
            new MemoryStream(Encoding.UTF8.GetBytes(file)), CsvDialect.Default, new ChunkerOptions(), new ByteBudget(64 << 20), CancellationToken.None);
        return upload.Header.Names[0];
    }
}
