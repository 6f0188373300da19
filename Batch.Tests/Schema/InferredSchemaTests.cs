using Batch.Csv.Inference;
using Batch.Csv.Schema;
using static Batch.Tests.Schema.Inferences;

namespace Batch.Tests.Schema;

[Trait("Tier", "unit")]
public sealed class InferredSchemaTests
{
    static Task<InferredSchema> SampleAsync()
    {
        var rows = Enumerable.Range(0, 100).Select(i =>
            $"e{i},{1_716_045_542 + i},{i},{(i == 50 ? "" : $"{i}.5")},{(i % 2 == 0 ? "it's" : "b\\")},{(i % 3 == 0 ? "true" : "0")},\"[{i}, 2]\",2024-05-18T15:19:02Z,1844674407370955161{i % 6},{(i == 7 ? "NaN" : "1.5")}\n");
        return InferAsync($"event_id,timestamp,count,amount,a`b\\,paid,vec,seen at,big,nan\n{string.Concat(rows)}");
    }

    [Fact]
    public async Task The_json_schema_says_what_was_found()
    {
        var json = (await SampleAsync()).ToJsonSchema().ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        Assert.Equal("""
            {"type":"object","properties":{"event_id":{"type":"string"},"timestamp":{"type":"integer","format":"unix-time"},"count":{"type":"integer"},
            "amount":{"type":"number"},"a`b\\":{"type":"string","format":"category"},"paid":{"type":"boolean"},
            "vec":{"type":"array","items":{"type":"number"},"minItems":2,"maxItems":2},"seen at":{"type":"string","format":"date-time"},
            "big":{"type":"integer","format":"uint64"},"nan":{"type":"number","allow_non_finite":true}},
            "required":["event_id","timestamp","count","a`b\\","paid","vec","seen at","big","nan"],"additionalProperties":false}
            """.Replace("\n", "", StringComparison.Ordinal), json);
    }

    [Fact]
    public async Task The_map_of_ClickHouse_types_says_the_same()
    {
        var inferred = await SampleAsync();
        Assert.Equal(ModelSchemaJson.Serialize(Parse(inferred.ToJsonSchema())), ModelSchemaJson.Serialize(Parse(inferred.ToClickHouse())));
        Assert.Equal("Nullable(Float64)", inferred.ToClickHouse()["amount"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_set_of_a_category_stands_in_the_evidence_or_closed_in_the_schema()
    {
        var csv = "id,x\n" + string.Concat(Enumerable.Range(0, 120).Select(i => $"{i},{(i % 2 == 0 ? "red" : "it's")}\n"));
        var open = (await InferAsync(csv)).ToJsonSchema(withEvidence: true)["properties"]!["x"]!;
        Assert.Contains("2 different: 'it's', 'red'", open["$comment"]!.GetValue<string>(), StringComparison.Ordinal);
        var closed = await InferAsync(csv, new() { ClosedCategories = true });
        Assert.Equal("""["it's","red"]""", closed.ToJsonSchema()["properties"]!["x"]!["enum"]!.ToJsonString(
            new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        Assert.Equal(ModelSchemaJson.Serialize(Parse(closed.ToJsonSchema())), ModelSchemaJson.Serialize(Parse(closed.ToClickHouse())));
    }

    [Fact]
    public async Task The_ddl_quotes_every_name()
    {
        Assert.Equal("""
            CREATE TABLE `my \`table`
            (
                `event_id` String,
                `timestamp` DateTime,
                `count` Int64,
                `amount` Nullable(Float64),
                `a\`b\\` LowCardinality(String),
                `paid` Bool,
                `vec` Array(Float64),
                `seen at` DateTime,
                `big` UInt64,
                `nan` Float64
            )
            ENGINE = MergeTree
            ORDER BY (`timestamp`, `event_id`)
            """, (await SampleAsync()).ToDdl("my `table"));
        Assert.EndsWith("ORDER BY tuple()", (await InferAsync("x\n1\n")).ToDdl("t"));
    }

    [Fact]
    public async Task The_evidence_can_go_with_the_schema_and_does_not_change_it()
    {
        var inferred = await SampleAsync();
        var explained = inferred.ToJsonSchema(withEvidence: true);
        Assert.Equal(
            "99 values, 1 blank (first in row 51); more than 64 different; 0.5 to 99.5; not INTEGER because of row 1: '0.5', not a whole number",
            explained["properties"]!["amount"]!["$comment"]!.GetValue<string>());
        Assert.Equal(ModelSchemaJson.Serialize(Parse(inferred.ToJsonSchema())), ModelSchemaJson.Serialize(Parse(explained)));
    }

    [Fact]
    public async Task Milliseconds_in_a_column_called_timestamp_stay_a_64_bit_number_in_every_format()
    {
        var inferred = await InferAsync("timestamp,x\n1716045542000,1\n");
        Assert.Equal("INTEGER", Short(Parse(inferred.ToJsonSchema()).Columns[0]));
        Assert.Equal("INTEGER", Short(Parse(inferred.ToClickHouse()).Columns[0]));
    }
}
