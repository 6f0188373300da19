using System.Text;
using Batch.Core.Chunks;
using Batch.Csv.Schema;
using Batch.Csv.Validation;
using Batch.Csv.Validation.Rejects;

namespace Batch.Tests.Validation;

/// <summary>The user guide's table, row for row, and what was added to it.</summary>
[Trait("Tier", "unit")]
public sealed class RejectedRowTests
{
    static readonly Column Id = Chunk.Text("event_id");

    public static TheoryData<Column, string, string, string, string?, string> Guide => new()
    {
        { Chunk.Column("timestamp", ColumnType.Timestamp, "UInt32"), "yesterday", "TIMESTAMP", ErrorCodes.InvalidTimestamp, "yesterday", "The 'timestamp' value is invalid. Please provide a 32-bit Unix timestamp (integer)." },
        { Chunk.Float("attr_float"), "abc", "FLOAT", ErrorCodes.NotAFloat, "abc", "The value for 'attr_float' is not a float. Provide a numeric value (e.g. 3.14)." },
        { Chunk.Integer("attr_int"), "3.14", "INTEGER", ErrorCodes.NotAnInteger, "3.14", "The value for 'attr_int' is not an integer. Provide a whole number (e.g. 42)." },
        { Chunk.Column("attr_bool", ColumnType.Boolean, "Bool"), "maybe", "BOOLEAN", ErrorCodes.NotABoolean, "maybe", "The value for 'attr_bool' is not a boolean. Use true, false, 1, or 0." },
        { Chunk.Column("attr_cat", ColumnType.Category, "LowCardinality(String)") with { AllowedValues = ["US"] }, "CA", "CATEGORY", ErrorCodes.NotACategory, "CA", "The value for 'attr_cat' is not a category. Provide a valid string category." },
        { Chunk.Column("attr_time", ColumnType.Timestamp, "DateTime"), "2023-01-01", "TIMESTAMP", ErrorCodes.NotATimestamp, "2023-01-01", "The value for 'attr_time' is not a timestamp. Use a 32-bit Unix timestamp." },
        { Chunk.Column("attr_vec", ColumnType.Vector, "Array(Float64)"), "\"[1, \"\"a\"\", 3]\"", "VECTOR", ErrorCodes.NotAVector, "[1, \"a\", 3]", "The value for 'attr_vec' is not a vector. Provide a list of numeric values." },
        { Chunk.Text("attr_req"), "", "STRING", ErrorCodes.NullValue, null, "The column 'attr_req' is null or blank. Provide a valid value for this column." },
        { Chunk.Integer("attr_int8", "Int8"), "128", "INTEGER", ErrorCodes.OutOfRange, "128", "The value for 'attr_int8' is out of range. Provide a whole number from -128 to 127." },
        { Chunk.Integer("age", "UInt8") with { Minimum = 18, Maximum = 65.5 }, "66", "INTEGER", ErrorCodes.OutOfRange, "66", "The value for 'age' is out of range. Provide a whole number from 18 to 65." },
        { Chunk.Integer("big", "UInt64"), "-1", "INTEGER", ErrorCodes.OutOfRange, "-1", "The value for 'big' is out of range. Provide a whole number from 0 to 18446744073709551615." },
        { Chunk.Float("ratio") with { Minimum = 0, Maximum = 1 }, "1.5", "FLOAT", ErrorCodes.OutOfRange, "1.5", "The value for 'ratio' is out of range. Provide a number from 0 to 1." },
        { Chunk.Float("huge"), "1e400", "FLOAT", ErrorCodes.OutOfRange, "1e400", "The value for 'huge' is out of range. Provide a number from -1.7976931348623157E+308 to 1.7976931348623157E+308." },
        { Chunk.Float("x"), "NaN", "FLOAT", ErrorCodes.NotAFloat, "NaN", "The value for 'x' is not a float. Provide a numeric value (e.g. 3.14)." },
        { Chunk.Column("at", ColumnType.Timestamp, "DateTime") with { Iso8601 = true }, "1960-01-01T00:00:00Z", "TIMESTAMP", ErrorCodes.OutOfRange, "1960-01-01T00:00:00Z", "The value for 'at' is out of range. Provide a date and time from 1970-01-01T00:00:00Z to 2106-02-07T06:28:15Z." },
        { Chunk.Column("at", ColumnType.Timestamp, "DateTime") with { Iso8601 = true }, "1716045542000",
            "TIMESTAMP", ErrorCodes.NotATimestamp, "1716045542000", "The value for 'at' is not a timestamp. Use an ISO 8601 date and time with an offset (e.g. 2024-05-18T15:19:02Z)." },
        { Chunk.Column("at", ColumnType.Timestamp, "DateTime") with { Iso8601 = true }, "20240518", "TIMESTAMP", ErrorCodes.NotATimestamp, "20240518", "The value for 'at' is not a timestamp. Use an ISO 8601 date and time with an offset (e.g. 2024-05-18T15:19:02Z)." },
        { Chunk.Column("at", ColumnType.Timestamp, "DateTime") with { Iso8601 = true }, "2024-05-18 15:19:02", "TIMESTAMP", ErrorCodes.NotATimestamp, "2024-05-18 15:19:02", "The value for 'at' is not a timestamp. Use an ISO 8601 date and time with an offset (e.g. 2024-05-18T15:19:02Z)." },
        { Chunk.Column("timestamp", ColumnType.Timestamp, "DateTime") with { Iso8601 = true }, "1716045542", "TIMESTAMP", ErrorCodes.InvalidTimestamp, "1716045542", "The 'timestamp' value is invalid. Please provide an ISO 8601 date and time with an offset (e.g. 2024-05-18T15:19:02Z)." },
        { Chunk.Column("at", ColumnType.Timestamp, "DateTime") with { DateTimeText = true }, "2024-05-18", "TIMESTAMP",
            ErrorCodes.NotATimestamp, "2024-05-18", "The value for 'at' is not a timestamp. Use a 32-bit Unix timestamp. A date and time in UTC is accepted too (e.g. 2024-05-18 15:19:02)." },
        { Chunk.Column("at", ColumnType.Timestamp, "DateTime") with { Iso8601 = true }, "2024-05-18T15:19:02.100Z", "TIMESTAMP", ErrorCodes.PrecisionLoss, "2024-05-18T15:19:02.100Z", "The value for 'at' has a fraction of a second, which the column does not keep. Write whole seconds, or make the column a string." },
        { Chunk.Column("timestamp", ColumnType.Timestamp, "UInt32"), "-1", "TIMESTAMP", ErrorCodes.InvalidTimestamp, "-1", "The 'timestamp' value is invalid. Please provide a 32-bit Unix timestamp (integer)." },
        { Chunk.Column("vec", ColumnType.Vector, "Array(Float64)") with { Length = 3 }, "\"[1,2]\"", "VECTOR", ErrorCodes.NotAVector, "[1,2]", "The value for 'vec' is not a vector. Provide a list of numeric values. It must hold exactly 3 of them." },
        { Chunk.Column("vec", ColumnType.Vector, "Array(Float32)"), "[1e39]", "VECTOR", ErrorCodes.OutOfRange, "[1e39]", "The value for 'vec' is out of range. Provide a number from -3.4028235E+38 to 3.4028235E+38." },
    };

    [Theory]
    [MemberData(nameof(Guide))]
    public void A_bad_value_is_reported_in_the_guides_words(Column column, string field, string type, string code, string? observed, string message)
    {
        var error = Assert.Single(Chunk.Errors(Chunk.Model(Id, column), $"1007abcd,{field}\n"));
        Assert.Equal(new RejectedEntry("tenant", "job", 1, 0, 2, "1007abcd", column.Name, type, code, observed, message, $"1007abcd,{field}"), error);
    }

    [Fact]
    public void A_blank_event_id_has_a_code_of_its_own_even_where_the_column_is_optional()
    {
        foreach (var id in new[] { Id, Id with { Optional = true }, Chunk.Integer("event_id"), Chunk.Integer("event_id") with { Optional = true } })
            foreach (var blank in new[] { "", "\"\"", "  ", "\"  \"" })
            {
                var error = Assert.Single(Chunk.Errors(Chunk.Model(id, Chunk.Text("x")), $"{blank},x\n"));
                Assert.Equal(("event_id", ErrorCodes.InvalidEventId), (error.Column, error.Error));
                Assert.Equal("The 'event_id' value is invalid. Provide a non-empty string or integer identifier.", error.Message);
            }
    }

    [Fact]
    public void A_short_row_lacks_every_required_column_that_it_leaves_out()
    {
        var model = Chunk.Model(Id, Chunk.Text("o") with { Optional = true }, Chunk.Column("timestamp", ColumnType.Timestamp, "UInt32"), Chunk.Float("amount"));
        var errors = Chunk.Errors(model, "7\n");
        Assert.Equal(
            [
                ("timestamp", "TIMESTAMP", "The required column 'timestamp' is missing. Please include a valid timestamp column."),
                ("amount", "FLOAT", "The required column 'amount' is missing. Please include a valid amount column."),
            ],
            errors.Select(error => (error.Column, error.Type, error.Message)));
        Assert.All(errors, error => Assert.Equal((ErrorCodes.MissingColumn, null), (error.Error, error.Observed)));
        Assert.Equal(["7", ""], errors.Select(error => error.Raw)); // the row is kept once
    }

    [Fact]
    public void A_short_row_that_leaves_out_only_optional_columns_has_too_few_fields()
    {
        var model = Chunk.Model(Id, Chunk.Text("s") with { Optional = true }, Chunk.Column("v", ColumnType.Vector, "Array(Float64)") with { Optional = true });
        var errors = Chunk.Errors(model, "7\n8,a,[1]\n9,b\n", rows: 3);
        Assert.Equal(
            [(1L, "", ErrorCodes.FieldCount, "The row has 1 field where the header has 3."), (3L, "", ErrorCodes.FieldCount, "The row has 2 fields where the header has 3.")],
            errors.Select(error => (error.Row, error.Column, error.Error, error.Message)));
        Assert.Equal([("7", "7"), ("9,b", "9,b")], errors.Select(error => (error.Observed!, error.Raw)));
    }

    [Fact]
    public void A_short_row_is_filled_up_with_blanks_where_that_is_asked_for()
    {
        using var validator = new ChunkValidator();
        var model = Chunk.Model(Id, Chunk.Text("s") with { Optional = true }, Chunk.Column("v", ColumnType.Vector, "Array(Float64)") with { Optional = true });
        var chunk = validator.Validate(Chunk.Header(1, [0, 1, 2]) with { PadShortRows = true }, model, "7\n"u8.ToArray(), default);
        Assert.Equal([["7"], [null], ["[]"]], NativeReader.Read(chunk.Data!).SkipLast(2).Select(column => column.Values));
    }

    [Theory]
    [InlineData("id,\"n\"", "1,2\nid,\"n\"\n3,4\n", 3)]
    [InlineData("id,\"n\"", "1,2\nid,n\n3,4\n", 3)]
    [InlineData("id,n", "1,2\n\nid,n\r\n3,4\n", 4)]
    [InlineData("id,n", "1,2\n\"id\",\"n\"\n3,4\n", 3)]
    [InlineData("\"id\",n", "1,2\nid,\"n\"\n3,4\n", 3)]
    public void A_row_that_repeats_the_header_line_is_said_to_begin_a_second_table(string header, string csv, int line)
    {
        using var validator = new ChunkValidator();
        var chunk = validator.Validate(
            Chunk.Header(3, [0, 1]) with { HeaderLine = Encoding.UTF8.GetBytes(header) }, Chunk.Model(Chunk.Text("id"), Chunk.Text("n")),
            Encoding.UTF8.GetBytes(csv), default);
        var error = Assert.Single(chunk.RejectedBlocks().SelectMany(RejectedEntry.Read));
        Assert.Equal((2, line, ErrorCodes.RepeatedHeader, ""), (error.Row, error.Line, error.Error, error.Column));
        Assert.Equal($"The row repeats the header line: a second table seems to begin at line {line}. Split the file there, or take the line out.",
            error.Message);
        Assert.Equal(2, chunk.Success);
        Assert.Equal((ErrorCodes.RepeatedHeader, 1L), chunk.ErrorCounts.Select(count => (count.Error, count.Count)).Single());
    }

    [Theory]
    [InlineData("id,nn")]
    [InlineData("id,N")]
    [InlineData("in,d")]
    [InlineData("\"id,\"\"\",n")]
    [InlineData("n,id")]
    public void A_row_that_is_only_like_the_header_line_is_a_row(string row)
    {
        using var validator = new ChunkValidator();
        var chunk = validator.Validate(
            Chunk.Header(1, [0, 1]) with { HeaderLine = "id,n"u8.ToArray() }, Chunk.Model(Chunk.Text("id"), Chunk.Text("n")),
            Encoding.UTF8.GetBytes(row), default);
        Assert.Equal((1, 0), (chunk.Success, chunk.Errors));
    }

    [Fact]
    public void An_unquoted_null_marker_is_a_blank_and_a_quoted_one_is_text()
    {
        var optional = Chunk.Model(Id, Chunk.Text("s") with { Optional = true }, Chunk.Float("f") with { Optional = true });
        Assert.Equal([["1", "2", "3"], [null, "\\N", "\\Nx"], [null, "1", null]], Chunk.Values(optional, "1,\\N,\\N\n2,\"\\N\",1\n3,\\Nx,\n", rows: 3));
        var required = Chunk.Errors(Chunk.Model(Id, Chunk.Text("s"), Chunk.Integer("n")), "1,\\N,\\N\n\\N,\"\\N\",1\n", rows: 2);
        Assert.Equal(
            [("s", ErrorCodes.NullValue), ("n", ErrorCodes.NullValue), ("event_id", ErrorCodes.InvalidEventId)],
            required.Select(error => (error.Column, error.Error)));
    }

    [Fact]
    public void A_chunk_that_an_older_version_cut_is_read_as_that_version_did()
    {
        using var validator = new ChunkValidator();
        var one = Chunk.Header(2, [0]) with { Format = ChunkHeaderCodec.OldOneChunk };
        Assert.Equal(2, validator.Validate(one, Chunk.Model(Id), "5\" pipe\n\nb\n"u8.ToArray(), default).Success);
    }

    [Theory]
    [InlineData("7,1,foo", "foo", 3), InlineData("7,1,\"fo\"\"o\"", "fo\"o", 3)]
    [InlineData("7,1,\"fo\"\"o\",bar", "\"fo\"\"o\",bar", 4)]
    [InlineData("7,1,", null, 3)]
    public void A_long_row_has_one_extra_column_which_shows_what_was_too_much(string row, string? observed, int fields)
    {
        var error = Assert.Single(Chunk.Errors(Chunk.Model(Id, Chunk.Integer("n")), row + "\n"));
        Assert.Equal(("column 3", "STRING", ErrorCodes.ExtraColumn, observed), (error.Column, error.Type, error.Error, error.Observed));
        Assert.Equal($"The column 'column 3' is not in the schema. Remove or update your schema. The row has {fields} fields where the header has 2.",
            error.Message);
    }

    [Fact]
    public void A_long_row_is_bad_also_where_columns_of_the_header_are_ignored()
    {
        using var validator = new ChunkValidator();
        var model = Chunk.Model(Id, Chunk.Integer("n")) with { IgnoreExtraColumns = true };
        var chunk = validator.Validate(Chunk.Header(2, [0, 1, -1]), model, "7,1,foo\n8,1,foo,bar\n"u8.ToArray(), default);
        Assert.Equal((2, ErrorCodes.ExtraColumn, "bar"),
            chunk.RejectedBlocks().SelectMany(RejectedEntry.Read).Select(error => (error.Row, error.Error, error.Observed)).Single());
    }

    [Fact]
    public void Every_error_of_a_bad_row_is_kept_also_of_one_of_the_wrong_length()
    {
        var errors = Chunk.Errors(Chunk.Purchases, ",yesterday,abc,foo\n");
        Assert.Equal(
            [ErrorCodes.InvalidEventId, ErrorCodes.InvalidTimestamp, ErrorCodes.NotAFloat, ErrorCodes.ExtraColumn], errors.Select(error => error.Error));
        Assert.Equal([0, 1, 2, 3], errors.Select(error => error.Seq));
        Assert.Equal([",yesterday,abc,foo", "", "", ""], errors.Select(error => error.Raw));
        Assert.Equal([ErrorCodes.NotAFloat, ErrorCodes.MissingColumn],
            Chunk.Errors(Chunk.Model(Id, Chunk.Float("a"), Chunk.Text("b")), "7,abc\n").Select(error => error.Error));
    }

    [Fact]
    public void A_row_whose_quotes_are_wrong_is_one_error_and_keeps_its_line()
    {
        var errors = Chunk.Errors(Chunk.Purchases, "1,1,1\n\"2\"x,1,1\n3,1,1\n", rows: 3);
        Assert.Equal(
            new RejectedEntry(
                "tenant", "job", 2, 0, 3, "", "", "", ErrorCodes.MalformedQuotes, "\"2\"x,1,1",
                "The row has a quote inside an unquoted value, a quoted value that never ends, or text after a closing quote. "
                + "Put the value in quotes and write each quote inside it twice (\"\"), or load the file with quotes=literal.", "\"2\"x,1,1"),
            Assert.Single(errors));
    }

    [Fact]
    public void A_row_that_is_too_long_keeps_what_the_chunk_has_of_it()
    {
        using var validator = new ChunkValidator();
        var header = Chunk.Header(2, [0, 1, 2]) with { MaxRowBytes = 20 };
        var chunk = validator.Validate(header, Chunk.Purchases, Encoding.UTF8.GetBytes(new string('x', 21) + "\n1,1,1\n"), default);
        var error = Assert.Single(chunk.RejectedBlocks().SelectMany(RejectedEntry.Read));
        Assert.Equal(("", "", ErrorCodes.RowTooLong, new string('x', 21)), (error.Column, error.Type, error.Error, error.Raw));
        Assert.Equal("The row is longer than a row may be, and only its beginning is kept: it cannot be repaired from the export. Shorten it in the file it came from, or look there for a missing line break or closing quote.", error.Message);
        Assert.Equal(1, chunk.Success);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'a', 0xFF, (byte)'b' }, "a\uFFFDb")]
    [InlineData(new byte[] { 0xC3 }, "\uFFFD")]
    [InlineData(new byte[] { (byte)'a', 0 }, "a\0")]
    [InlineData(new byte[] { (byte)'"', 0xE9, (byte)'"', (byte)'"', (byte)'"' }, "\uFFFD\"")]
    public void Text_that_is_no_text_is_refused_in_every_type_of_column(byte[] field, string observed)
    {
        Column[] columns =
        [
            Chunk.Text("s"), Chunk.Text("o") with { Optional = true }, Chunk.Integer("i"), Chunk.Float("f"), Chunk.Column("b", ColumnType.Boolean, "Bool"),
            Chunk.Column("t", ColumnType.Timestamp, "DateTime") with { Iso8601 = true }, Chunk.Column("c", ColumnType.Category, "LowCardinality(String)"),
            Chunk.Column("d", ColumnType.Category, "LowCardinality(String)") with { AllowedValues = ["a"] }, Chunk.Column("v", ColumnType.Vector, "Array(Float64)"),
        ];
        foreach (var column in columns)
        {
            // A good row in the same chunk stays good.
            var good = column.Type switch
            {
                ColumnType.Vector => "[1]",
                ColumnType.String or ColumnType.Category => "a",
                ColumnType.Timestamp => "2024-05-18T15:19:02Z",
                _ => "1",
            };
            var error = Assert.Single(Chunk.Errors(Chunk.Model(Id, column), [.. Encoding.UTF8.GetBytes($"1,{good}\n2,"), .. field, (byte)'\n'], rows: 2));
            Assert.Equal((2, ErrorCodes.InvalidEncoding, observed), (error.Row, error.Error, error.Observed));
            Assert.Equal($"The value for '{column.Name}' is not valid text. Save the file as UTF-8, without NUL bytes.", error.Message);
        }
    }

    [Fact]
    public void Text_in_a_column_that_is_ignored_may_be_anything()
    {
        using var validator = new ChunkValidator();
        var chunk = validator.Validate(Chunk.Header(1, [0, -1]), Chunk.Model(Id), new byte[] { (byte)'1', (byte)',', 0xFF, (byte)'\n' }, default);
        Assert.Equal(1, chunk.Success);
    }

    [Theory]
    [InlineData(256, 256)]
    [InlineData(257, 256)]
    [InlineData(1000, 256)]
    public void What_is_shown_is_cut_at_256_bytes(int length, int shown)
    {
        var error = Assert.Single(Chunk.Errors(Chunk.Model(Id, Chunk.Float("a")), $"{new string('7', length)},{new string('x', length)}\n"));
        Assert.Equal(new string('x', shown), error.Observed);
        Assert.Equal(new string('7', shown), error.EventId);
        Assert.Equal(length * 2 + 1, error.Raw.Length);
    }

    [Theory]
    [InlineData("é")]
    [InlineData("日")]
    [InlineData("🙂")]
    public void A_character_is_not_cut_in_two(string character)
    {
        for (var before = 250; before <= 257; before++)
        {
            var text = new string('x', before) + character + character;
            var error = Assert.Single(Chunk.Errors(Chunk.Model(Id, Chunk.Float("a")), $"1,{text}\n"));
            Assert.StartsWith(error.Observed!, text, StringComparison.Ordinal);
            Assert.InRange(Encoding.UTF8.GetByteCount(error.Observed!), 253, 256);
        }
    }

    [Fact]
    public void Rows_and_lines_are_those_of_the_file()
    {
        var errors = Chunk.Errors(Chunk.Model(Id, Chunk.Float("a")), "1,\"x\ny\"\r\n\r\n2,x\r\n3,1\r\n4,x", rows: 4);
        Assert.Equal([(1L, 2L), (2L, 5L), (4L, 7L)], errors.Select(error => (error.Row, error.Line)));
    }

    [Fact]
    public void Rows_of_another_run_keep_their_own_numbers()
    {
        using var validator = new ChunkValidator();
        var header = Chunk.Header(3, [0, 1]) with { RowNumbers = [7, 19, 1_000_000], LineNumbers = [8, 25, 1_200_000] };
        var chunk = validator.Validate(header, Chunk.Model(Id, Chunk.Float("a")), "a,1\nb,x\nc,2\n"u8.ToArray(), default);
        Assert.Equal(["7", "1000000"], NativeReader.Read(chunk.Data!)[^1].Values);
        Assert.Equal([(19L, 25L)], chunk.RejectedBlocks().SelectMany(RejectedEntry.Read).Select(error => (error.Row, error.Line)));
    }

    [Fact]
    public void Codes_that_no_row_can_have_have_their_messages_too()
    {
        Assert.Equal("The column 'attr_x' uses unsupported type 'FLOAT'. Use a supported type.", RejectMessages.For(ErrorCodes.UnsupportedType, "attr_x", "FLOAT"));
        Assert.Equal("The value for 'attr_str' is not a string. Provide a text value.", RejectMessages.For(ErrorCodes.NotAString, "attr_str", "STRING"));
        Assert.Equal("The required column 'event_id' is missing. Each event must have a unique event_id.", RejectMessages.For(ErrorCodes.MissingColumn, "event_id", "STRING"));
    }
}
