using Batch.Csv.Schema;
using static Batch.Tests.Schema.Schemas;

namespace Batch.Tests.Schema;

[Trait("Tier", "unit")]
public sealed class SchemaEvolutionTests
{
    const string Key = "\"k\":\"String\",";

    [Fact]
    public void A_list_that_ClickHouse_would_take_for_one_Nested_with_a_dropped_one_is_refused()
    {
        var fault =
            Assert.Throws<SchemaException>(() => Change(["""{"k":"String","n.a":"VECTOR"}""", """{"k":"String"}"""], """{"k":"String","n.b":"VECTOR"}"""));
        Assert.Equal("INCOMPATIBLE_SCHEMA", fault.Code);
        Assert.Contains("'n.b' cannot stand beside 'n.a'", fault.Message, StringComparison.Ordinal);
    }

    static SchemaChange Change(string from, string to, string[]? orderBy = null) => Change([from], to, orderBy);

    /// <summary>The last of <paramref name="versions"/> becomes <paramref name="next"/>; the table has seen them all.</summary>
    static SchemaChange Change(string[] versions, string next, string[]? orderBy = null)
    {
        var parsed = versions.Select(v => Parse(v, orderBy ?? ["_row"])).ToList();
        var current = parsed[^1];
        return SchemaEvolution.Compare(current, SchemaParser.ParseUpdate(Json(next), null, null, current), SchemaEvolution.TableColumns(parsed));
    }

    static string X(string type) => type.StartsWith('{') ? $"{{{Key}\"x\":{type}}}" : $"{{{Key}\"x\":\"{type}\"}}";

    static string RefusedChange(params string[] versions) => RefusedChange(versions, null);

    static string RefusedChange(string[] versions, string[]? orderBy)
    {
        var refusal = Assert.Throws<SchemaException>(() => Change(versions[..^1], versions[^1], orderBy));
        Assert.Equal("INCOMPATIBLE_SCHEMA", refusal.Code);
        return refusal.Message;
    }

    [Fact]
    public void The_same_schema_leaves_the_table_alone()
    {
        const string all = """{"a":"String","b":"Nullable(Int8)","c":"CATEGORY?","d":"VECTOR?","e":"TIMESTAMP","f":"FLOAT","g":"Bool?"}""";
        var change = Change(all, all);
        Assert.True(change.LeavesTableAlone);
        Assert.Empty(change.Dropped);
    }

    [Fact]
    public void A_new_column_is_added_whether_required_or_not()
    {
        var change = Change(X("Int8"), $$"""{{{Key}}"x":"Int8","y":"Int64","z":"FLOAT?"}""");
        Assert.Equal(["y Int64", "z Nullable(Float64)"], change.Added.Select(c => $"{c.Name} {c.ClickHouseType}"));
        Assert.Empty(change.Widened);
    }

    [Fact]
    public void A_dropped_column_stays_in_the_table()
    {
        var change = Change(X("Int8"), """{"k":"String"}""");
        Assert.Equal(["x"], change.Dropped.Select(c => c.Name));
        Assert.True(change.LeavesTableAlone);
    }

    [Theory]
    [InlineData("Int8", "Int16", "Int16")]
    [InlineData("UInt8", "UInt64", "UInt64")]
    [InlineData("UInt8", "Int16", "Int16")]
    [InlineData("UInt32", "Int64", "Int64")]
    [InlineData("Int32", "Float64", "Float64")]
    [InlineData("UInt32", "Float64", "Float64")]
    [InlineData("Int16", "Float32", "Float32")]
    [InlineData("Float32", "Float64", "Float64")]
    [InlineData("Array(Float32)", "Array(Float64)", "Array(Float64)")]
    [InlineData("LowCardinality(String)", "String", "String")]
    [InlineData("Enum8('a')", "String", "String")]
    [InlineData("Int8", "Nullable(Int8)", "Nullable(Int8)")]
    [InlineData("Int8", "Nullable(Int16)", "Nullable(Int16)")]
    [InlineData("CATEGORY", "CATEGORY?", "LowCardinality(Nullable(String))")]
    [InlineData("Nullable(Int8)", "Int16", "Nullable(Int16)")]
    [InlineData("Nullable(Float32)", "Nullable(Float64)", "Nullable(Float64)")]
    [InlineData("Int64", "Int256", "Int256")]
    [InlineData("Int32", "Decimal(18, 4)", "Decimal(18, 4)")]
    [InlineData("Decimal(9, 2)", "Nullable(Decimal(18, 4))", "Nullable(Decimal(18, 4))")]
    [InlineData("Date", "Date32", "Date32")]
    [InlineData("DateTime", "DateTime64(3, 'Europe/Berlin')", "DateTime64(3, 'Europe/Berlin')")]
    [InlineData("DateTime", "DateTime('Europe/Berlin')", "DateTime('Europe/Berlin')")]
    [InlineData("DateTime64(3)", "DateTime64(6)", "DateTime64(6)")]
    [InlineData("Time", "Time64(3)", "Time64(3)")]
    [InlineData("IPv4", "IPv6", "IPv6")]
    [InlineData("FixedString(2)", "FixedString(4)", "FixedString(4)")]
    public void A_wider_type_is_applied_to_the_table_and_NULLs_already_there_stay(string from, string to, string table)
    {
        var change = Change(X(from), X(to));
        var (was, becomes) = Assert.Single(change.Widened);
        Assert.Equal(("x", "x", table), (was.Name, becomes.Name, becomes.ClickHouseType));
        Assert.Empty(change.Added);
    }

    [Theory]
    [InlineData("Nullable(Int8)", "Int8")]
    [InlineData("CATEGORY?", "CATEGORY")]
    [InlineData("VECTOR", "VECTOR?")]
    [InlineData("Enum8('a','b')", "Enum8('a','b','c')")]
    [InlineData("Enum8('a','b')", "Enum8('b')")]
    [InlineData("Enum8('a')", "CATEGORY")]
    [InlineData("CATEGORY", "Enum8('a')")]
    [InlineData("""{"type":"FLOAT","minimum":0,"maximum":1}""", "FLOAT")]
    [InlineData("FLOAT", """{"type":"FLOAT","minimum":0}""")]
    [InlineData("VECTOR", """{"type":"VECTOR","length":3}""")]
    [InlineData("""{"type":"VECTOR","length":3}""", """{"type":"VECTOR","length":4}""")]
    [InlineData("TIMESTAMP", """{"type":"TIMESTAMP","format":"date-time"}""")]
    [InlineData("Date", """{"type":"Date","date_format":"%d.%m.%Y"}""")]
    [InlineData("FLOAT", """{"type":"FLOAT","allow_non_finite":true}""")]
    public void Rules_that_are_not_stored_change_without_touching_the_table(string from, string to) =>
        Assert.True(Change(X(from), X(to)).LeavesTableAlone);

    [Theory]
    [InlineData("Int16", "Int8", "a Int8 cannot hold every Int16; to accept less, set minimum and maximum")]
    [InlineData("Int8", "UInt64", "cannot hold every Int8")]
    [InlineData("UInt64", "Int64", "cannot hold every UInt64")]
    [InlineData("Int64", "Float64", "cannot hold every Int64 exactly")]
    [InlineData("Int32", "Float32", "cannot hold every Int32 exactly")]
    [InlineData("Float64", "Float32", "cannot hold every Float64")]
    [InlineData("Float64", "Int64", "fractions")]
    [InlineData("Array(Float64)", "Array(Float32)", "cannot hold every Array(Float64)")]
    [InlineData("String", "CATEGORY", "only a CATEGORY can become a STRING")]
    [InlineData("Int8", "String", "without loss")]
    [InlineData("String", "Int8", "without loss")]
    [InlineData("Bool", "Int8", "without loss")]
    [InlineData("UInt32", "TIMESTAMP", "without loss")]
    [InlineData("TIMESTAMP", "Int64", "without loss")]
    [InlineData("Decimal(9, 2)", "Decimal(9, 3)", "less room before or after the point")]
    [InlineData("Int64", "Decimal(18, 0)", "less room before or after the point")]
    [InlineData("Date32", "Date", "without loss")]
    [InlineData("DateTime64(3)", "DateTime64(9)", "without loss")]
    [InlineData("DateTime64(3)", "DateTime", "without loss")]
    [InlineData("Time64(3)", "Time", "without loss")]
    [InlineData("IPv6", "IPv4", "without loss")]
    [InlineData("FixedString(4)", "FixedString(2)", "without loss")]
    [InlineData("FixedString(4)", "String", "without loss")]
    [InlineData("Date", "DateTime", "without loss")]
    public void Any_other_change_of_type_is_refused_with_the_reason_and_a_way_out(string from, string to, string says)
    {
        var message = RefusedChange(X(from), X(to));
        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.Contains("The column 'x' cannot become", message, StringComparison.Ordinal);
        Assert.Contains("make a new model", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dropped_column_that_comes_back_is_held_against_the_table()
    {
        const string without = """{"k":"String"}""";
        Assert.True(Change([X("Int16"), without], X("Int16")).LeavesTableAlone);
        Assert.True(Change([X("Nullable(Int16)"), without], X("Int16")).LeavesTableAlone);
        Assert.Equal("Int32", Assert.Single(Change([X("Int16"), without], X("Int32")).Widened).To.ClickHouseType);
        Assert.Contains("its table holds it as INTEGER (Int16)", RefusedChange(X("Int16"), without, X("String")));
        Assert.Contains("its table holds it as INTEGER (Nullable(Int32))", RefusedChange(X("Int16?"), X("Int32"), without, X("Int16")));
    }

    [Theory]
    [InlineData("Int8", "Int16")]
    [InlineData("String", "Nullable(String)")]
    [InlineData("CATEGORY", "String")]
    public void A_column_of_the_sort_key_keeps_its_type(string from, string to)
    {
        var message = RefusedChange([X(from), X(to)], ["x", "k"]);
        Assert.Contains("belongs to the table's sort key", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_column_of_the_sort_key_may_change_its_rules_and_be_dropped()
    {
        Assert.True(Change(X("Enum8('a')"), X("Enum8('a','b')"), ["x"]).LeavesTableAlone);
        Assert.Equal(["x"], Change(X("Int8"), """{"k":"String"}""", ["x"]).Dropped.Select(c => c.Name));
    }

    [Fact]
    public void The_sort_key_itself_cannot_change()
    {
        var current = Parse(X("Int8"), ["k"]);
        var next = SchemaParser.ParseUpdate(Json(X("Int8")), ["x"], null, current);
        var refusal = Assert.Throws<SchemaException>(() => SchemaEvolution.Compare(current, next, current.Columns));
        Assert.Equal("INCOMPATIBLE_SCHEMA", refusal.Code);
        Assert.Contains("sorted by 'k' and cannot come to be sorted by 'x'", refusal.Message);
    }

    [Fact]
    public void Adding_a_timestamp_to_a_model_without_one_does_not_count_as_another_sort_key() =>
        Assert.Equal(["timestamp"], Change("""{"event_id":"String"}""", """{"event_id":"String","timestamp":"UInt32"}""").Added.Select(c => c.Name));

    [Fact]
    public void A_table_cannot_outgrow_the_limit_by_dropping_and_adding()
    {
        static string Map(char prefix) => $"{{{string.Join(',', Enumerable.Range(0, 1_200).Select(i => $"\"{prefix}{i}\":\"Int8\""))}}}";
        Assert.Contains("2,400 columns, dropped ones included; the limit is 2,000", RefusedChange(Map('a'), Map('b')));
    }

    [Fact]
    public void The_table_keeps_its_order_and_its_widest_types_over_all_versions()
    {
        var table = SchemaEvolution.TableColumns(
            new[] { """{"a":"Int8","b":"String?"}""", """{"b":"String","c":"FLOAT"}""", """{"c":"FLOAT?","a":"Int16"}""" }.Select(v => Parse(v)));
        Assert.Equal(["a Int16", "b Nullable(String)", "c Nullable(Float64)"], table.Select(c => $"{c.Name} {c.ClickHouseType}"));
    }
}
