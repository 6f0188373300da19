using Batch.Csv.Schema;
using static Batch.Tests.Schema.Schemas;

namespace Batch.Tests.Schema;

[Trait("Tier", "unit")]
public sealed class OrderByTests
{
    [Theory]
    [InlineData("""{"event_id":"String","timestamp":"UInt32"}""", "timestamp,event_id")]
    [InlineData("""{"timestamp":"UInt32","x":"String"}""", "timestamp")]
    [InlineData("""{"event_id":"String","timestamp":"Nullable(UInt32)"}""", "event_id")]
    [InlineData("""{"event_id":"VECTOR","x":"String"}""", "_row")]
    [InlineData("""{"x":"String"}""", "_row")]
    public void By_default_a_table_is_sorted_by_timestamp_and_event_id_as_far_as_they_can_be(string schema, string expected)
    {
        Assert.Equal(expected.Split(','), Parse(schema).OrderBy);
        Assert.Equal(expected.Split(','), Parse(schema, []).OrderBy);
    }

    [Fact]
    public void A_given_order_is_kept() =>
        Assert.Equal(["b", "a", "_row"], Parse("""{"a":"String","b":"Int64"}""", ["b", "a", "_row"]).OrderBy);

    [Theory]
    [InlineData("""{"amount":"Int64"}""", "amonut", "is not in the schema. Did you mean 'amount'?")]
    [InlineData("""{"a":"Int64"}""", "zzz", "is not in the schema. Name one that is")]
    [InlineData("""{"a":"VECTOR"}""", "a", "a VECTOR has no useful order")]
    [InlineData("""{"a":"Nullable(Int64)"}""", "a", "it is optional, and a sort key cannot hold NULL")]
    public void A_column_that_cannot_be_sorted_by_is_refused_with_the_reason(string schema, string orderBy, string says) =>
        Assert.Contains(says, Refused(schema, [orderBy]).Message, StringComparison.Ordinal);

    [Fact]
    public void A_column_named_twice_is_refused() => Assert.Contains("twice", Refused("""{"a":"Int64"}""", ["a", "a"]).Message);

    [Fact]
    public void An_update_that_names_no_order_keeps_the_tables_even_where_the_default_would_now_be_another()
    {
        var current = Parse("""{"event_id":"String"}""");
        var next = SchemaParser.ParseUpdate(Json("""{"event_id":"String","timestamp":"UInt32"}"""), null, null, current);
        Assert.Equal(["event_id"], next.OrderBy);
        var without = SchemaParser.ParseUpdate(Json("""{"x":"String"}"""), ["event_id"], null, current);
        Assert.Equal(["event_id"], without.OrderBy);
    }
}
