using Batch.Csv.Schema;

namespace Batch.Tests.Validation;

/// <summary>What the owner of a row is told of dates, times, decimals, addresses and fixed texts.</summary>
[Trait("Tier", "unit")]
public sealed class RejectedTypeTests
{
    public static TheoryData<Column, string, string, string, string?, string> Values => new()
    {
        { Chunk.Column("d", ColumnType.Date, "Date32"), "18.05.2024", "DATE",
            ErrorCodes.NotADate, "18.05.2024", "The value for 'd' is not a date. Write it as 2024-05-18." },
        { Chunk.Column("d", ColumnType.Date, "Date") with { DateFormat = "%d.%m.%Y" }, "2024-05-18", "DATE",
            ErrorCodes.NotADate, "2024-05-18", "The value for 'd' is not a date. Write it in the format %d.%m.%Y." },
        { Chunk.Column("d", ColumnType.Date, "Date"), "1969-12-31", "DATE",
            ErrorCodes.OutOfRange, "1969-12-31", "The value for 'd' is out of range. Provide a date from 1970-01-01 to 2149-06-06." },
        { Chunk.Column("m", ColumnType.Decimal, "Decimal(9, 2)"), "12 EUR", "DECIMAL",
            ErrorCodes.NotADecimal, "12 EUR", "The value for 'm' is not a decimal number. Provide a numeric value (e.g. 3.14)." },
        { Chunk.Column("m", ColumnType.Decimal, "Decimal(9, 2)"), "1.005", "DECIMAL",
            ErrorCodes.PrecisionLoss, "1.005", "The value for 'm' has more digits after the point than the 2 that the column keeps. Round it, or give the column more." },
        { Chunk.Column("m", ColumnType.Decimal, "Decimal(9, 2)") with { Minimum = 0.1 }, "0.09", "DECIMAL",
            ErrorCodes.OutOfRange, "0.09", "The value for 'm' is out of range. Provide a number from 0.10 to 9999999.99." },
        { Chunk.Column("t", ColumnType.Time, "Time"), "12:34", "TIME",
            ErrorCodes.NotATime, "12:34", "The value for 't' is not a time. Write hours, minutes and seconds (e.g. 15:19:02)." },
        { Chunk.Column("u", ColumnType.Uuid, "UUID"), "{00112233-4455-6677-8899-aabbccddeeff}", "UUID",
            ErrorCodes.NotAUuid, "{00112233-4455-6677-8899-aabbccddeeff}", "The value for 'u' is not a UUID. Write its 32 hex digits, with the dashes or without any, and without braces." },
        { Chunk.Column("ip", ColumnType.Ip, "IPv4"), "10.0.0.010", "IP",
            ErrorCodes.NotAnIpAddress, "10.0.0.010", "The value for 'ip' is not an IP address. Write it without a port or a prefix (e.g. 192.0.2.1)." },
        { Chunk.Column("f", ColumnType.String, "FixedString(2)"), "abc", "STRING",
            ErrorCodes.OutOfRange, "abc", "The value for 'f' is out of range. Provide a text of at most 2 bytes of UTF-8, where a letter beyond ASCII takes two and more." },
        { Chunk.Column("at", ColumnType.Timestamp, "DateTime64(3)"), "1716045542", "TIMESTAMP",
            ErrorCodes.NotATimestamp, "1716045542", "The value for 'at' is not a timestamp. Use a date and time (e.g. 2024-05-18 15:19:02.250), which is UTC unless it has an offset." },
        { Chunk.Column("at", ColumnType.Timestamp, "DateTime64(3)"), "2024-05-18 15:19:02.2505", "TIMESTAMP",
            ErrorCodes.PrecisionLoss, "2024-05-18 15:19:02.2505", "The value for 'at' has more digits of a fraction of a second than the 3 that the column keeps. Write fewer, or give the column more." },
        { Chunk.Column("at", ColumnType.Timestamp, "DateTime('Europe/Berlin')") with { DateTimeText = true }, "2024-10-27 02:30:00", "TIMESTAMP",
            ErrorCodes.NotATimestamp, "2024-10-27 02:30:00",
            "The value for 'at' is not a timestamp. Use a date and time (e.g. 2024-05-18 15:19:02), in Europe/Berlin; where the clocks there have been changed so that it has the time twice or not at all, or before 1970, with an offset (+02:00)." },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void A_bad_value_is_reported_with_what_the_column_takes(Column column, string field, string type, string code, string? observed, string message)
    {
        var error = Assert.Single(Chunk.Errors(Chunk.Model(Chunk.Text("event_id"), column), $"1007abcd,{field}\n"));
        Assert.Equal(new RejectedEntry("tenant", "job", 1, 0, 2, "1007abcd", column.Name, type, code, observed, message, $"1007abcd,{field}"), error);
    }

    [Theory]
    [InlineData(ColumnType.Date, "Date32")]
    [InlineData(ColumnType.Decimal, "Decimal(38, 2)")]
    [InlineData(ColumnType.Integer, "Int256")]
    [InlineData(ColumnType.Ip, "IPv6")]
    [InlineData(ColumnType.String, "FixedString(8)")]
    [InlineData(ColumnType.Category, "LowCardinality(FixedString(8))")]
    public void Text_that_is_no_text_is_refused_as_such(ColumnType type, string storageType)
    {
        var model = Chunk.Model(Chunk.Text("event_id"), Chunk.Column("x", type, storageType));
        Assert.Equal(ErrorCodes.InvalidEncoding, Assert.Single(Chunk.Errors(model, [(byte)'1', (byte)',', (byte)'a', 0xFF, (byte)'\n'])).Error);
        Assert.Equal(ErrorCodes.InvalidEncoding, Assert.Single(Chunk.Errors(model, [(byte)'1', (byte)',', (byte)'a', 0, (byte)'\n'])).Error);
    }
}
