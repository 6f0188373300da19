using Batch.Csv.Schema;
using static Batch.Tests.Schema.Schemas;

namespace Batch.Tests.Schema;

[Trait("Tier", "unit")]
public sealed class JsonSchemaTests
{
    static string Object(string property, string name = "x", bool required = true) =>
        $$"""{"type":"object","properties":{"{{name}}":{{property}}},"required":[{{(required ? $"\"{name}\"" : "")}}]}""";

    [Theory]
    [InlineData("""{"type":"string"}""", ColumnType.String, "String")]
    [InlineData("""{"type":"string","title":"t","description":"d","examples":["e"],"$comment":"c","deprecated":true,"readOnly":true,"writeOnly":false}""",
        ColumnType.String, "String")]
    [InlineData("""{"type":"string","format":"category"}""", ColumnType.Category, "LowCardinality(String)")]
    [InlineData("""{"type":"integer"}""", ColumnType.Integer, "Int64")]
    [InlineData("""{"type":"integer","format":"int32"}""", ColumnType.Integer, "Int32")]
    [InlineData("""{"type":"integer","format":"uint64"}""", ColumnType.Integer, "UInt64")]
    [InlineData("""{"type":"number"}""", ColumnType.Float, "Float64")]
    [InlineData("""{"type":"number","format":"float"}""", ColumnType.Float, "Float32")]
    [InlineData("""{"type":"boolean"}""", ColumnType.Boolean, "Bool")]
    [InlineData("""{"type":"integer","format":"unix-time"}""", ColumnType.Timestamp, "DateTime")]
    [InlineData("""{"type":"string","format":"date-time"}""", ColumnType.Timestamp, "DateTime")]
    [InlineData("""{"type":"string","format":"date"}""", ColumnType.Date, "Date32")]
    [InlineData("""{"type":"string","format":"time"}""", ColumnType.Time, "Time64(6)")]
    [InlineData("""{"type":"string","format":"uuid"}""", ColumnType.Uuid, "UUID")]
    [InlineData("""{"type":"string","format":"ipv4"}""", ColumnType.Ip, "IPv4")]
    [InlineData("""{"type":"string","format":"ipv6"}""", ColumnType.Ip, "IPv6")]
    [InlineData("""{"type":"integer","format":"int128"}""", ColumnType.Integer, "Int128")]
    [InlineData("""{"type":"number","format":"decimal(18,4)"}""", ColumnType.Decimal, "Decimal(18, 4)")]
    [InlineData("""{"type":"string","format":"date","date_format":"%d.%m.%Y"}""", ColumnType.Date, "Date32")]
    [InlineData("""{"enum":["a","b"]}""", ColumnType.Category, "LowCardinality(String)")]
    [InlineData("""{"const":"a"}""", ColumnType.Category, "LowCardinality(String)")]
    [InlineData("""{"type":"array","items":{"type":"number"}}""", ColumnType.Vector, "Array(Float64)")]
    [InlineData("""{"type":"array","items":{"type":"number"},"minItems":0}""", ColumnType.Vector, "Array(Float64)")]
    [InlineData("""{"type":"array","items":{"type":"number","format":"float"}}""", ColumnType.Vector, "Array(Float32)")]
    public void Every_supported_type_has_its_place_in_ClickHouse(string property, ColumnType canonical, string clickHouse)
    {
        var column = Only(Object(property));
        Assert.Equal((canonical, clickHouse, false), (column.Type, column.ClickHouseType, column.Optional));
    }

    [Fact]
    public void An_integer_called_timestamp_is_one_unless_its_width_is_said_aloud()
    {
        var seconds = Only(Object("""{"type":"integer","minimum":0}""", "timestamp"));
        Assert.Equal((ColumnType.Timestamp, "DateTime", null), (seconds.Type, seconds.ClickHouseType, seconds.Minimum));
        Assert.Equal(ColumnType.Integer, Only(Object("""{"type":"integer","format":"int64"}""", "timestamp")).Type);
        Assert.Equal(ColumnType.String, Only(Object("""{"type":"string"}""", "timestamp")).Type);
    }

    [Theory]
    [InlineData("""{"type":["string","null"]}""")]
    [InlineData("""{"type":"string","nullable":true}""")]
    [InlineData("""{"anyOf":[{"type":"string"},{"type":"null"}],"default":null,"title":"X"}""")]
    [InlineData("""{"enum":["a",null]}""")]
    public void A_required_property_that_may_be_null_is_optional(string property) => Assert.True(Only(Object(property)).Optional);

    [Fact]
    public void A_property_not_in_required_is_optional_and_so_are_all_without_the_list()
    {
        Assert.Equal("Nullable(Int64)", Only(Object("""{"type":"integer"}""", required: false)).ClickHouseType);
        Assert.Equal("Nullable(String)", Only("""{"type":"object","properties":{"x":{"type":"string"}}}""").ClickHouseType);
    }

    [Theory]
    [InlineData("""{"type":"text"}""", "Did you mean string?")]
    [InlineData("""{"type":"Int64"}""", "Did you mean integer?")]
    [InlineData("""{"type":"Float64"}""", "Did you mean number?")]
    [InlineData("""{"type":"bool"}""", "Did you mean boolean?")]
    [InlineData("""{"type":"numbre"}""", "Did you mean number?")]
    [InlineData("""{"type":"timestamp"}""", "format unix-time")]
    [InlineData("""{"type":"object"}""", "Accepted: string")]
    [InlineData("""{"type":"array","items":{"type":"string"}}""", "array of string")]
    [InlineData("""{"type":"array","items":{"type":["number","null"]}}""", "or null")]
    public void An_unsupported_type_is_refused_with_what_was_probably_meant(string property, string says) =>
        RefusedWith(Object(property), "UNSUPPORTED_TYPE", says, "$.properties.x");

    [Theory]
    [InlineData("""{"type":"string","format":"hostname"}""", "$.properties.x.format: 'hostname' is not enforced here")]
    [InlineData("""{"type":"string","format":"email"}""", "'email' is not enforced here")]
    [InlineData("""{"type":"string","format":"uri"}""", "is not enforced here")]
    [InlineData("""{"type":"string","format":"hostname"}""", "is not enforced here")]
    [InlineData("""{"type":"string","format":"duration"}""", "is not enforced here")]
    [InlineData("""{"type":"string","format":"regex"}""", "is not enforced here")]
    [InlineData("""{"type":"string","format":"my-own"}""", "is not enforced here")]
    [InlineData("""{"type":"string","format":"date-time","enum":["2024-05-18T15:19:02Z"]}""", "is not enforced beside a list of allowed values")]
    [InlineData("""{"enum":["a"],"const":"a"}""", "stands beside enum")]
    [InlineData("""{"type":"boolean","format":"date-time"}""", "is not enforced on type boolean")]
    [InlineData("""{"type":"array","format":"float","items":{"type":"number"}}""", "is not enforced on type array")]
    [InlineData("""{"type":"string","default":"x"}""", "the rule 'default' is not enforced here")]
    [InlineData("""{"type":"string","contentEncoding":"base64"}""", "the rule 'contentEncoding' is not enforced here")]
    [InlineData("""{"type":"string","contentMediaType":"text/html"}""", "the rule 'contentMediaType' is not enforced here")]
    [InlineData("""{"anyOf":[{"type":"integer"},{"type":"null"}],"minimum":0}""", "$.properties.x.minimum: stands beside anyOf")]
    [InlineData("""{"anyOf":[{"type":"integer"},{"type":"null"}],"oneOf":[{"type":"string"}]}""", "stands beside anyOf")]
    [InlineData("""{"type":"array","items":{"type":"integer"}}""", "that the numbers of a vector are whole is not enforced")]
    [InlineData("""{"type":"array","items":{"type":"number","minLength":1}}""", "rules on the numbers of a vector are not enforced")]
    [InlineData("""{"type":["string","null"],"minLength":1}""", "an optional text may be empty")]
    [InlineData("""{"type":"string","pattern":"^a"}""", "$.properties.x.pattern: the rule 'pattern' is not enforced here")]
    [InlineData("""{"type":"string","maxLength":3}""", "is not enforced here")]
    [InlineData("""{"$ref":"#/$defs/x"}""", "is not enforced here")]
    [InlineData("""{"type":"integer","enum":[1,2]}""", "for numbers use minimum and maximum")]
    [InlineData("""{"type":"number","minumum":0}""", "Did you mean 'minimum'?")]
    [InlineData("""{"type":"string","required":true}""", "'required' is a list of names beside 'properties'")]
    [InlineData("""{"type":"string","format":"datetime"}""", "Did you mean 'date-time'?")]
    [InlineData("""{"type":"integer","format":"date-time"}""", "a date-time is a text")]
    [InlineData("""{"type":"integer","format":"unixtime"}""", "Did you mean 'unix-time'?")]
    [InlineData("""{"type":["string","integer"]}""", "a column has one type")]
    [InlineData("""{"anyOf":[{"type":"string"},{"type":"integer"}]}""", "a column has one type")]
    [InlineData("""{"description":"no type"}""", "has no 'type'")]
    [InlineData("""{"type":"array"}""", "only lists of numbers can be stored")]
    [InlineData("""{"type":"array","items":{"type":"number"},"minItems":2}""", "give minItems and maxItems the same number")]
    [InlineData("""{"type":"array","items":{"type":"number"},"minItems":2,"maxItems":3}""", "give minItems and maxItems the same number")]
    [InlineData("""{"type":"array","items":{"type":"number","minimum":0}}""", "rules on the numbers of a vector are not enforced")]
    [InlineData("""{"type":"string","minimum":0}""", "does not go with a column of type STRING")]
    [InlineData("true", "write an object with a type")]
    public void A_rule_that_would_silently_not_hold_is_refused(string property, string says) =>
        RefusedWith(Object(property), "INVALID_SCHEMA", says);

    [Theory]
    [InlineData("""{"type":"object"}""", "$.properties: is missing")]
    [InlineData("""{"type":"object","properties":{}}""", "at least one")]
    [InlineData("""{"type":"object","properties":{"amount":{"type":"number"}},"required":["amont"]}""", "Did you mean 'amount'?")]
    [InlineData("""{"type":"object","properties":{"x":{"type":"number"}},"required":"x"}""", "a list is wanted")]
    [InlineData("""{"type":"array","properties":{"x":{"type":"number"}}}""", "a row is an object")]
    [InlineData("""{"type":"object","properties":{"x":{"type":"number"}},"requird":["x"]}""", "Did you mean 'required'?")]
    [InlineData("""{"type":"object","properties":{"x":{"type":"number"}},"allOf":[]}""", "is not enforced here")]
    [InlineData("""{"type":"object","properties":{"x":{"type":"number"}},"additionalProperties":{"type":"string"}}""", "write true")]
    public void What_makes_no_sense_at_the_root_is_refused_with_what_to_do(string schema, string says) => RefusedWith(schema, "INVALID_SCHEMA", says);

    [Theory]
    [InlineData("integer", "\"minimum\":1,\"maximum\":10", 1.0, 10.0)]
    [InlineData("integer", "\"exclusiveMinimum\":1,\"exclusiveMaximum\":10", 2.0, 9.0)]
    [InlineData("integer", "\"minimum\":1,\"exclusiveMinimum\":true", 2.0, null)]
    [InlineData("integer", "\"minimum\":0.5,\"maximum\":2.5", 1.0, 2.0)]
    [InlineData("integer", "\"exclusiveMinimum\":0.5,\"exclusiveMaximum\":2.5", 1.0, 2.0)]
    [InlineData("integer", "\"minimum\":-9223372036854775808,\"maximum\":9223372036854775807", null, null)]
    [InlineData("integer", "\"minimum\":-1e40,\"maximum\":1e400", null, null)]
    [InlineData("integer", "\"minimum\":1e3", 1000.0, null)]
    [InlineData("integer", "\"maximum\":9007199254740992", null, 9007199254740992.0)]
    [InlineData("number", "\"minimum\":-0.5,\"maximum\":1e300", -0.5, 1e300)]
    [InlineData("number", "\"exclusiveMinimum\":0", double.Epsilon, null)]
    public void Bounds_are_kept_as_inclusive_ones(string type, string rules, double? minimum, double? maximum)
    {
        var column = Only(Object($$"""{"type":"{{type}}",{{rules}}}"""));
        Assert.Equal((minimum, maximum), (column.Minimum, column.Maximum));
    }

    [Theory]
    [InlineData("integer", "\"maximum\":9007199254740993", "cannot be kept exactly")]
    [InlineData("integer", "\"minimum\":-9223372036854775807", "the nearest that can is -9223372036854775808")]
    [InlineData("integer", "\"minimum\":1e19", "no row could ever be accepted")]
    [InlineData("integer", "\"minimum\":5,\"maximum\":4", "above the maximum")]
    [InlineData("integer", "\"exclusiveMinimum\":5,\"exclusiveMaximum\":6", "above the maximum")]
    [InlineData("integer", "\"minimum\":\"5\"", "a number is wanted")]
    [InlineData("number", "\"maximum\":1e999", "beyond what a Float64 can hold")]
    [InlineData("number", "\"minimum\":1,\"exclusiveMinimum\":2", "keep one of the two")]
    public void Bounds_that_cannot_hold_are_refused_with_the_reason(string type, string rules, string says) =>
        RefusedWith(Object($$"""{"type":"{{type}}",{{rules}}}"""), "INVALID_SCHEMA", says);

    [Fact]
    public void Bounds_on_a_timestamp_are_taken_only_where_they_say_nothing()
    {
        Assert.Equal(ColumnType.Timestamp, Only(Object("""{"type":"integer","minimum":0,"maximum":4294967295}""", "timestamp")).Type);
        RefusedWith(Object("""{"type":"integer","minimum":1500000000}""", "timestamp"), "INVALID_SCHEMA", "bounds are not enforced on it");
    }
}
