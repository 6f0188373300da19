using System.Text.Json;
using Batch.Core.Models;
using Batch.Csv.Schema;
using static Batch.Tests.Schema.Schemas;

namespace Batch.Tests.Schema;

[Trait("Tier", "unit")]
public sealed class ModelSchemaJsonTests
{
    [Fact]
    public void What_was_stored_is_read_back_whole_and_stored_the_same_again()
    {
        var schema = Parse("""
            {"type":"object","additionalProperties":true,"required":["s","größe"],"properties":{
             "s":{"type":"string"},"größe":{"type":"integer","format":"uint16","minimum":0,"maximum":7},
             "f":{"type":"number","minimum":0,"allow_non_finite":true},"t":{"type":"string","format":"date-time"},
             "c":{"enum":["a`b\\","<'>"]},"d":{"type":"string","format":"date","date_format":"%d.%m.%Y"},
             "m":{"type":"number","format":"decimal(18, 4)","maximum":0.1},"v":{"type":"array","items":{"type":"number"},"minItems":2,"maxItems":2}}}
            """, orderBy: ["s"]);

        var json = ModelSchemaJson.Serialize(schema);
        var read = ModelSchemaJson.Deserialize(json);

        Assert.Equal(json, ModelSchemaJson.Serialize(read));
        Assert.Equal(schema.OrderBy, read.OrderBy);
        Assert.True(read.IgnoreExtraColumns);
        foreach (var (was, now) in schema.Columns.Zip(read.Columns))
        {
            Assert.Equal(was.AllowedValues, now.AllowedValues);
            Assert.Equal(was with { AllowedValues = [] }, now with { AllowedValues = [] });
        }
        Assert.Equal(0, read.Columns[2].Minimum);
        Assert.Contains("größe", json);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"columns":[{"type":"STRING","storage_type":"String"}],"order_by":["_row"]}""")]
    [InlineData("""{"columns":[{"name":"x","type":"BLOB","storage_type":"String"}],"order_by":["_row"]}""")]
    [InlineData("""{"columns":[{"name":"x","type":"STRING","storage_type":"String"}]}""")]
    public void What_is_not_a_stored_schema_is_not_taken_for_one(string json) =>
        Assert.Throws<JsonException>(() => ModelSchemaJson.Deserialize(json));

    [Fact]
    public void A_column_goes_on_the_wire_with_its_whole_ClickHouse_type()
    {
        var wire = ModelColumns.ToWire(Only("""{"c":{"type":"CATEGORY","nullable":true,"enum":["a"]}}"""));
        Assert.Equal(("c", "CATEGORY", "LowCardinality(Nullable(String))", false), (wire.Name, wire.Type, wire.ClickhouseType, wire.Required));
        Assert.Equal(["a"], wire.AllowedValues);
        Assert.Null(ModelColumns.ToWire(Only("""{"c":"CATEGORY"}""")).AllowedValues);
    }
}
