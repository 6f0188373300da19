using Batch.Csv.Schema;
using static Batch.Tests.Schema.Schemas;

namespace Batch.Tests.Schema;

[Trait("Tier", "unit")]
public sealed class SchemaParserTests
{
    static readonly string Canonical = """
        {"columns":[{"name":"event_id","type":"STRING","storage_type":"String"},{"name":"timestamp","type":"TIMESTAMP","storage_type":"DateTime"},
        {"name":"amount","type":"FLOAT","storage_type":"Float64","optional":true},{"name":"count","type":"INTEGER","storage_type":"Int64"},
        {"name":"paid","type":"BOOLEAN","storage_type":"Bool"},
        {"name":"color","type":"CATEGORY","storage_type":"LowCardinality(String)","allowed_values":["red","blue"]},
        {"name":"vec","type":"VECTOR","storage_type":"Array(Float64)","length":3}],"order_by":["timestamp","event_id"]}
        """.Replace("\n", "", StringComparison.Ordinal);

    [Fact]
    public void ClickHouse_types_give_the_canonical_form() => Assert.Equal(Canonical, ModelSchemaJson.Serialize(Parse("""
        {"event_id":"String","timestamp":{"type":"DateTime('UTC')","format":"unix-time"},"amount":"Nullable(Float64)","count":"Int64","paid":"Bool",
         "color":"Enum8('red' = 1, 'blue'=2)","vec":{"type":"Array(Float64)","length":3}}
        """)));

    [Fact]
    public void The_words_of_the_reject_table_give_the_canonical_form() => Assert.Equal(Canonical, ModelSchemaJson.Serialize(Parse("""
        {"event_id":"STRING","timestamp":"TIMESTAMP","amount":{"type":"FLOAT","nullable":true},"count":"INTEGER","paid":"BOOLEAN",
         "color":{"type":"CATEGORY","enum":["red","blue"]},"vec":{"type":"VECTOR","length":3}}
        """)));

    [Fact]
    public void A_json_schema_gives_the_canonical_form() => Assert.Equal(Canonical, ModelSchemaJson.Serialize(Parse("""
        {"$schema":"https://json-schema.org/draft/2020-12/schema","title":"Purchases","type":"object",
         "properties":{"event_id":{"type":"string"},"timestamp":{"type":"integer"},"amount":{"type":["number","null"]},"count":{"type":"integer"},
          "paid":{"type":"boolean"},"color":{"type":"string","enum":["red","blue"]},
          "vec":{"type":"array","items":{"type":"number"},"minItems":3,"maxItems":3}},
         "required":["event_id","timestamp","amount","count","paid","color","vec"]}
        """)));

    [Fact]
    public void ClickHouse_types_and_words_may_stand_in_one_map() => Assert.Equal(Canonical, ModelSchemaJson.Serialize(Parse("""
        {"event_id":"String","timestamp":"TIMESTAMP","amount":"FLOAT?","count":"integer","paid":"Bool",
         "color":{"type":"STRING","enum":["red","blue"]},"vec":{"type":"VECTOR","minItems":3,"maxItems":3}}
        """)));

    [Fact]
    public void The_schema_of_the_readme_is_read_with_its_32_bit_timestamp()
    {
        var schema = Parse("""{"event_id": "String", "timestamp": "UInt32", "amount": "Float64"}""");
        Assert.Equal(["STRING String", "TIMESTAMP UInt32", "FLOAT Float64"], schema.Columns.Select(c => $"{c.TypeName} {c.ClickHouseType}"));
        Assert.Equal(["timestamp", "event_id"], schema.OrderBy);
        Assert.False(schema.IgnoreExtraColumns);
        Assert.All(schema.Columns, c => Assert.False(c.Optional));
    }

    [Fact]
    public void The_schema_of_the_user_guide_has_no_key_of_its_own_and_is_sorted_by_row()
    {
        var schema = Parse("""{"type":"object","properties":{"id":{"type":"string"},"value":{"type":"integer"}},"required":["id","value"]}""");
        Assert.Equal(["STRING String", "INTEGER Int64"], schema.Columns.Select(c => $"{c.TypeName} {c.ClickHouseType}"));
        Assert.Equal(["_row"], schema.OrderBy);
    }

    [Theory]
    [InlineData("Int8", ColumnType.Integer, "Int8")]
    [InlineData("UInt64", ColumnType.Integer, "UInt64")]
    [InlineData("UInt32", ColumnType.Integer, "UInt32")]
    [InlineData("Float32", ColumnType.Float, "Float32")]
    [InlineData("Nullable(Float32)", ColumnType.Float, "Nullable(Float32)")]
    [InlineData(" Nullable ( Int16 ) ", ColumnType.Integer, "Nullable(Int16)")]
    [InlineData("Bool?", ColumnType.Boolean, "Nullable(Bool)")]
    [InlineData("DateTime", ColumnType.Timestamp, "DateTime")]
    [InlineData("Nullable(DateTime('UTC'))", ColumnType.Timestamp, "Nullable(DateTime)")]
    [InlineData("LowCardinality(String)", ColumnType.Category, "LowCardinality(String)")]
    [InlineData("LowCardinality(Nullable(String))", ColumnType.Category, "LowCardinality(Nullable(String))")]
    [InlineData("Nullable(LowCardinality(String))", ColumnType.Category, "LowCardinality(Nullable(String))")]
    [InlineData("Array(Float32)", ColumnType.Vector, "Array(Float32)")]
    [InlineData("Nullable(Array(Float64))", ColumnType.Vector, "Array(Float64)")]
    [InlineData("Date", ColumnType.Date, "Date")]
    [InlineData("Nullable(Date32)", ColumnType.Date, "Nullable(Date32)")]
    [InlineData("date", ColumnType.Date, "Date32")]
    [InlineData("DateTime('Europe/Berlin')", ColumnType.Timestamp, "DateTime('Europe/Berlin')")]
    [InlineData("DateTime64", ColumnType.Timestamp, "DateTime64(3)")]
    [InlineData("Nullable(DateTime64(6,'Asia/Tokyo'))", ColumnType.Timestamp, "Nullable(DateTime64(6, 'Asia/Tokyo'))")]
    [InlineData("Time", ColumnType.Time, "Time")]
    [InlineData("TIME?", ColumnType.Time, "Nullable(Time64(6))")]
    [InlineData("Time64(9)", ColumnType.Time, "Time64(9)")]
    [InlineData("Decimal(9,2)", ColumnType.Decimal, "Decimal(9, 2)")]
    [InlineData("Decimal(9)", ColumnType.Decimal, "Decimal(9, 0)")]
    [InlineData("Decimal32(2)", ColumnType.Decimal, "Decimal(9, 2)")]
    [InlineData("Nullable(Decimal256(40))", ColumnType.Decimal, "Nullable(Decimal(76, 40))")]
    [InlineData("numeric(18, 4)", ColumnType.Decimal, "Decimal(18, 4)")]
    [InlineData("DECIMAL(5,5)?", ColumnType.Decimal, "Nullable(Decimal(5, 5))")]
    [InlineData("Int128", ColumnType.Integer, "Int128")]
    [InlineData("UInt256", ColumnType.Integer, "UInt256")]
    [InlineData("uuid", ColumnType.Uuid, "UUID")]
    [InlineData("IPv4", ColumnType.Ip, "IPv4")]
    [InlineData("Nullable(IPv6)", ColumnType.Ip, "Nullable(IPv6)")]
    [InlineData("FixedString(16)", ColumnType.String, "FixedString(16)")]
    [InlineData("LowCardinality(FixedString(2))", ColumnType.Category, "LowCardinality(FixedString(2))")]
    [InlineData("LowCardinality(Nullable(FixedString(2)))", ColumnType.Category, "LowCardinality(Nullable(FixedString(2)))")]
    [InlineData("int", ColumnType.Integer, "Int32")]
    [InlineData("BIGINT", ColumnType.Integer, "Int64")]
    [InlineData("smallint", ColumnType.Integer, "Int16")]
    [InlineData("tinyint", ColumnType.Integer, "Int8")]
    [InlineData("varchar", ColumnType.String, "String")]
    [InlineData("text", ColumnType.String, "String")]
    [InlineData("double", ColumnType.Float, "Float64")]
    [InlineData("real", ColumnType.Float, "Float32")]
    [InlineData("Nullable(Enum16('x' = -5))", ColumnType.Category, "LowCardinality(Nullable(String))")]
    public void Every_supported_map_type_has_its_place_in_ClickHouse(string type, ColumnType canonical, string clickHouse)
    {
        var column = Only($$"""{"x":"{{type}}"}""");
        Assert.Equal((canonical, clickHouse), (column.Type, column.ClickHouseType));
        Assert.Equal(type.Contains("Nullable") || type.EndsWith('?'), column.Optional);
    }

    [Fact]
    public void An_enums_names_may_hold_quotes_and_commas() =>
        Assert.Equal(["it's", "a,b", "c)", "d'e"], Only("""{"x":"Enum8('it\\'s' = 1, 'a,b' = 2, 'c)' = -3, 'd''e')"}""").AllowedValues);

    [Fact]
    public void Only_a_column_called_timestamp_makes_a_UInt32_a_timestamp()
    {
        Assert.Equal(ColumnType.Integer, Only("""{"Timestamp":"UInt32"}""").Type);
        Assert.Equal(ColumnType.Integer, Only("""{"timestamp":"UInt64"}""").Type);
        var optional = Only("""{"timestamp":"Nullable(UInt32)"}""");
        Assert.Equal((ColumnType.Timestamp, "Nullable(UInt32)"), (optional.Type, optional.ClickHouseType));
    }

    [Theory]
    [InlineData("""{"event_id":"Nullable(String)"}""")]
    [InlineData("""{"type":"object","properties":{"event_id":{"type":"string"}}}""")]
    public void An_event_id_is_required_whatever_the_schema_says_because_no_row_is_accepted_without_one(string schema)
    {
        Assert.Equal("String", Only(schema).ClickHouseType);
        Assert.Equal(["event_id"], Parse(schema).OrderBy);
    }

    [Fact]
    public void A_column_may_be_called_properties_or_type()
    {
        Assert.Equal(["type", "properties"], Parse("""{"type":"String","properties":"Int64"}""").Columns.Select(c => c.Name));
        Assert.Equal(["properties"], Parse("""{"properties":{"type":"FLOAT","nullable":true}}""").Columns.Select(c => c.Name));
        Assert.Equal(["type", "properties"],
            Parse("""{"properties":{"type":{"type":"string"},"properties":{"type":"string"}}}""").Columns.Select(c => c.Name));
    }

    [Theory]
    [InlineData("""{"x":"Int46"}""", "Did you mean Int64?")]
    [InlineData("""{"x":"nvarchar"}""", "Did you mean String?")]
    [InlineData("""{"x":"Nullable(Flaot64)"}""", "Did you mean Nullable(Float64)?")]
    [InlineData("""{"x":"decimal"}""", "Did you mean Decimal(18, 4)?")]
    [InlineData("""{"x":"NUMERIC"}""", "Did you mean Decimal(18, 4)?")]
    [InlineData("""{"x":"FixedString"}""", "Did you mean FixedString(16)?")]
    [InlineData("""{"x":"Array(Int32)"}""", "Did you mean Array(Float64)?")]
    [InlineData("""{"x":"TIMESTMAP"}""", "Did you mean TIMESTAMP?")]
    [InlineData("""{"x":"int64"}""", "Did you mean Int64?")]
    [InlineData("""{"x":{"type":"Foat"}}""", "$.x.type")]
    [InlineData("""{"x":"Enum8"}""", "Enum8('a' = 1, 'b' = 2)")]
    public void An_unsupported_type_is_refused_with_what_was_probably_meant(string schema, string says) =>
        RefusedWith(schema, "UNSUPPORTED_TYPE", says, "Accepted: String, Int8", "VECTOR");

    [Theory]
    [InlineData("""{"x":"Map(String, String)"}""", "$.x")]
    [InlineData("""{"x":"LowCardinality(Date)"}""", "$.x")]
    [InlineData("""{"x":"Decimal('a')"}""", "$.x")]
    [InlineData("""{"x":"Nullable(Nullable(Int8))"}""", "$.x")]
    [InlineData("""{"x":"Nullable(Int8"}""", "a closing bracket is missing")]
    [InlineData("""{"x":"Enum8('a"}""", "a quote is not closed")]
    [InlineData("""{"x":""}""", "a type is missing")]
    [InlineData("""{"x":"Int8 NOT NULL"}""", "out of place")]
    [InlineData("""{"a b":"Zzz"}""", "$['a b']: the type 'Zzz'")]
    public void Other_types_are_refused_with_the_place(string schema, string says) => RefusedWith(schema, "UNSUPPORTED_TYPE", says);

    [Fact]
    public void A_type_of_a_thousand_brackets_is_refused_and_not_followed_down() =>
        RefusedWith($$"""{"x":"{{string.Concat(Enumerable.Repeat("Nullable(", 5000))}}"}""", "UNSUPPORTED_TYPE", "brackets inside each other");

    [Theory]
    [InlineData("[]", "a schema is an object, and this is a list")]
    [InlineData("\"String\"", "this is a text")]
    [InlineData("null", "this is null")]
    [InlineData("{}", "at least one")]
    [InlineData("""{"x":1}""", "is a number; write the column's type as a text")]
    [InlineData("""{"x":{"nullable":true}}""", "has no 'type'")]
    [InlineData("""{"x":{"type":"FLOAT","nulable":true}}""", "Did you mean 'nullable'?")]
    [InlineData("""{"x":{"type":"FLOAT","colour":true}}""", "is not known")]
    [InlineData("""{"x":{"type":"FLOAT","nullable":"yes"}}""", "write true or false")]
    [InlineData("""{"x":{"type":"FLOAT","enum":["a"]}}""", "does not go with a column of type FLOAT")]
    [InlineData("""{"x":"Enum8('a','a')"}""", "is listed twice")]
    [InlineData("""{"x":{"type":"CATEGORY","enum":[]}}""", "no row could ever be accepted")]
    [InlineData("""{"x":{"type":"CATEGORY","enum":["a",""]}}""", "an empty value cannot be told from a missing one")]
    [InlineData("""{"x":{"type":"VECTOR","length":0}}""", "from 1 to 500,000")]
    [InlineData("""{"x":{"type":"STRING","format":"date-time"}}""", "only a TIMESTAMP has one")]
    [InlineData("""{"x":{"type":"DateTime64(3)","format":"unix-time"}}""", "the unit would be a guess")]
    [InlineData("""{"x":"DateTime('Europe/Berlinn')"}""", "the time zone 'Europe/Berlinn' is not known")]
    [InlineData("""{"x":"DateTime64(3, 'right/Europe/Berlin')"}""", "is not known")]
    [InlineData("""{"x":"DateTime64(10)"}""", "a whole number from 0 to 9")]
    [InlineData("""{"x":"Decimal(77, 2)"}""", "a whole number from 1 to 76")]
    [InlineData("""{"x":"Decimal(9, 10)"}""", "a whole number from 0 to 9")]
    [InlineData("""{"x":"Decimal32(10)"}""", "a whole number from 0 to 9")]
    [InlineData("""{"x":"FixedString(0)"}""", "a whole number from 1 to 256")]
    [InlineData("""{"x":{"type":"FixedString(2)","enum":["abc"]}}""", "longer than the 2 bytes")]
    [InlineData("""{"x":{"type":"Decimal(38, 2)","maximum":12345678901234567890.12}}""", "cannot be kept exactly")]
    [InlineData("""{"x":{"type":"Date","minimum":0}}""", "does not go with a column of type DATE")]
    [InlineData("""{"x":{"type":"STRING","date_format":"%d.%m.%Y"}}""", "only with a DATE or a TIMESTAMP")]
    [InlineData("""{"x":{"type":"Date","date_format":"%d.%m.%y"}}""", "whose century would be a guess")]
    [InlineData("""{"x":{"type":"Date","date_format":"%d.%m"}}""", "needs a year")]
    [InlineData("""{"x":{"type":"Date","date_format":"%d.%m.%Y %H:%M"}}""", "a DATE has no time of day")]
    [InlineData("""{"x":{"type":"DateTime","date_format":"%d.%m.%Y"}}""", "a TIMESTAMP needs an hour")]
    [InlineData("""{"x":{"type":"DateTime","date_format":"%d.%m.%Y %I:%M"}}""", "go with %p")]
    [InlineData("""{"x":{"type":"Date","date_format":"%c%e/%Y"}}""", "put something between them")]
    [InlineData("""{"x":{"type":"Date","date_format":"%Y-%m-%d-%b"}}""", "says a second time")]
    [InlineData("""{"x":{"type":"Date","date_format":"%Y-%m-%d%Q"}}""", "%Q is not known")]
    public void What_makes_no_sense_is_refused_with_what_to_do(string schema, string says) => RefusedWith(schema, "INVALID_SCHEMA", says);

    [Fact]
    public void A_timestamp_reads_ISO_8601_only_where_the_schema_says_date_time()
    {
        Assert.False(Only("""{"x":"TIMESTAMP"}""").Iso8601);
        Assert.False(Only("""{"x":"DateTime"}""").Iso8601);
        Assert.True(Only("""{"x":{"type":"DateTime","format":"date-time"}}""").Iso8601);
    }

    [Theory]
    [InlineData("\"DateTime\"", true)]
    [InlineData("\"Nullable(DateTime('UTC'))\"", true)]
    [InlineData("\"TIMESTAMP\"", false)]
    [InlineData("""{"type":"DateTime","format":"unix-time"}""", false)]
    [InlineData("""{"type":"DateTime","format":"date-time"}""", false)]
    public void A_DateTime_is_read_as_ClickHouse_writes_it_where_that_is_what_the_schema_calls_it(string type, bool expected)
    {
        var schema = Parse($$"""{"x":{{type}}}""");
        Assert.Equal(expected, schema.Columns[0].DateTimeText);
        Assert.Equal(expected, ModelSchemaJson.Deserialize(ModelSchemaJson.Serialize(schema)).Columns[0].DateTimeText);
    }

    [Fact]
    public void A_float_takes_NaN_only_where_the_schema_says_so()
    {
        Assert.False(Only("""{"x":"FLOAT"}""").AllowNonFinite);
        Assert.True(Only("""{"x":{"type":"FLOAT","allow_non_finite":true}}""").AllowNonFinite);
        RefusedWith("""{"x":{"type":"INTEGER","allow_non_finite":true}}""", "INVALID_SCHEMA", "only with a FLOAT");
    }

    [Fact]
    public void Extra_columns_are_refused_unless_the_request_or_else_the_schema_says_otherwise()
    {
        const string open = """{"type":"object","properties":{"x":{"type":"string"}},"additionalProperties":true}""";
        const string closed = """{"type":"object","properties":{"x":{"type":"string"}},"additionalProperties":false}""";
        Assert.True(Parse(open).IgnoreExtraColumns);
        Assert.False(Parse(closed).IgnoreExtraColumns);
        Assert.False(Parse(open, extraColumns: "reject").IgnoreExtraColumns);
        Assert.True(Parse(closed, extraColumns: "ignore").IgnoreExtraColumns);
        Assert.True(Parse("""{"x":"String"}""", extraColumns: "ignore").IgnoreExtraColumns);
        Assert.Contains("write reject or ignore", Refused(closed, extraColumns: "drop").Message);
    }
}
