using System.Text.Json;
using static Batch.Tests.Schema.Schemas;

namespace Batch.Tests.Schema;

[Trait("Tier", "unit")]
public sealed class ColumnNameTests
{
    static string Map(params string[] names) => $"{{{string.Join(',', names.Select(n => JsonSerializer.Serialize(n) + ":\"String\""))}}}";

    [Theory]
    [InlineData("a`b\\")]
    [InlineData("a b")]
    [InlineData("naïve größe 数量 🙂")]
    [InlineData("'; DROP TABLE x --")]
    [InlineData("_part")]
    [InlineData("Row")]
    [InlineData("\u0645\u06CC\u200C\u0634\u0648\u062F")]
    [InlineData("\u2764\uFE0F")]
    public void Any_name_that_can_stand_in_a_header_line_is_legal(string name) => Assert.Equal(name, Only(Map(name)).Name);

    [Theory]
    [InlineData("_job_id", "is reserved in every data table")]
    [InlineData("_row", "is reserved in every data table")]
    [InlineData("_ingested_at", "is reserved in every data table")]
    [InlineData("_row_exists", "is reserved in every data table")]
    [InlineData("", "blank")]
    [InlineData("  ", "blank")]
    [InlineData(" a", "begins or ends with a space")]
    [InlineData("a\nb", "control character")]
    [InlineData("\u00a0a", "begins or ends with a space")]
    [InlineData("a\u007f", "control character")]
    [InlineData("\uFEFFevent_id", "'<U+FEFF>event_id' contains an invisible character (U+FEFF, a byte order mark)")]
    [InlineData("event\uFEFF_id", "U+FEFF")]
    [InlineData("event\u200Bid", "'event<U+200B>id' contains an invisible character (U+200B)")]
    [InlineData("amount\u2060", "U+2060")]
    [InlineData("\u200Did", "U+200D")]
    [InlineData("id\u200C", "U+200C")]
    [InlineData("\u202Eid", "U+202E")]
    [InlineData("so\u00ADft", "U+00AD")]
    [InlineData("\u3164", "U+3164")]
    [InlineData("a\u2800", "U+2800")]
    public void A_name_that_no_file_could_match_or_that_is_taken_is_refused(string name, string says) => RefusedWith(Map(name), "INVALID_SCHEMA", says);

    [Theory]
    [InlineData("""{"n.a":"VECTOR","n.b":"VECTOR"}""", "'n.b' cannot stand beside 'n.a'; write _ for the dot")]
    [InlineData("""{"n":"Int64","n.a":"VECTOR"}""", "'n.a' cannot stand beside 'n'")]
    [InlineData("""{"n.null":"VECTOR"}""", "'n.null' cannot be one")]
    public void Lists_that_ClickHouse_would_take_for_one_Nested_are_refused(string schema, string says) => RefusedWith(schema, "INVALID_SCHEMA", says);

    [Theory]
    [InlineData("""{"n.a":"VECTOR","n.b":"Int64","n.null":"String","m.a":"VECTOR"}""")]
    [InlineData("""{"n":"Int64","n.a":"Int64",".a":"VECTOR","a.":"VECTOR"}""")]
    public void Other_names_with_dots_are_legal(string schema) => Assert.NotEmpty(Parse(schema).Columns);

    [Fact]
    public void A_name_may_be_255_bytes_long_and_no_longer()
    {
        Assert.Single(Parse(Map(new string('é', 127) + "a")).Columns);
        RefusedWith(Map(new string('é', 128)), "INVALID_SCHEMA", "256 bytes long; the limit is 255");
    }

    [Theory]
    [InlineData("""{"a":"String","a":"Int64"}""", "$.a: appears twice")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"},"a":{"type":"string"}}}""", "$.properties.a: appears twice")]
    [InlineData("""{"a":{"type":"STRING","type":"FLOAT"}}""", "$.a.type: appears twice")]
    [InlineData("""{"a\ud800":"String"}""", "half a surrogate pair")]
    [InlineData("""{"a":"\ud800"}""", "half a surrogate pair")]
    public void A_key_given_twice_or_broken_is_refused(string schema, string says) => RefusedWith(schema, "INVALID_SCHEMA", says);

    [Fact]
    public void All_names_together_have_to_fit_into_the_address_of_an_insert()
    {
        static string Names(char letter, int letters) => Map([.. Enumerable.Range(0, 2_000).Select(i => $"{i:0000}{new string(letter, letters)}")]);
        Assert.Equal(2_000, Parse(Names('x', 251)).Columns.Count);
        RefusedWith(Names('字', 83), "INVALID_SCHEMA", "the limit is 900,000");
    }

    [Fact]
    public void Two_thousand_columns_are_accepted_and_five_thousand_refused_by_the_number()
    {
        static string[] Names(int count) => [.. Enumerable.Range(0, count).Select(i => $"c{i}")];
        Assert.Equal(2_000, Parse(Map(Names(2_000))).Columns.Count);
        RefusedWith(Map(Names(5_000)), "INVALID_SCHEMA", "names 5,000 columns; the limit is 2,000");
        var properties = string.Join(',', Names(5_000).Select(n => $"\"{n}\":{{\"type\":\"string\"}}"));
        RefusedWith("{\"type\":\"object\",\"properties\":{" + properties + "}}", "INVALID_SCHEMA", "names 5,000 columns; the limit is 2,000");
    }
}
