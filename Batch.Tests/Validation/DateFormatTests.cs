using Batch.Csv.Schema;

namespace Batch.Tests.Validation;

[Trait("Tier", "unit")]
public sealed class DateFormatTests
{
    [Theory]
    [InlineData("%d.%m.%Y %H:%M", "18.05.2024 15:19", "1716045540")]
    [InlineData("%d.%m.%Y %H:%M:%S", "18.05.2024 15:19:02", "1716045542")]
    [InlineData("%c/%e/%Y %l:%M %p", "5/18/2024 3:19 PM", "1716045540")]
    [InlineData("%m/%d/%Y %I:%i:%S %p", "05/18/2024 12:00:01 am", "1715990401")]
    [InlineData("%d-%b-%Y %H.%M", "18-MAY-2024 15.19", "1716045540")]
    [InlineData("%Y%m%d%H%M%S", "20240518151902", "1716045542")]
    [InlineData("%Y-%m-%dT%H:%M:%S.%f%z", "2024-05-18T17:19:02.000+0200", "1716045542")]
    [InlineData("%d.%m.%Y um %H Uhr 100%%", "18.05.2024 um 15 Uhr 100%", "1716044400")]
    public void A_time_is_read_in_the_format_of_its_column(string format, string text, string expected) =>
        Assert.Equal([expected], Chunk.Values(Chunk.Model(Times(format)), text + "\n")[0]);

    [Theory]
    [InlineData("%d.%m.%Y %H:%M", "5/18/2024 15:19")]
    [InlineData("%d.%m.%Y %H:%M", "18.05.24 15:19")]
    [InlineData("%d.%m.%Y %H:%M", "8.5.2024 15:19")]
    [InlineData("%d.%m.%Y %H:%M", "18.05.2024 15:19:02")]
    [InlineData("%d.%m.%Y %H:%M", "18.05.2024 24:00")]
    [InlineData("%d.%m.%Y %H:%M", "30.02.2024 15:19")]
    [InlineData("%d.%m.%Y %H:%M", "1716045540")]
    [InlineData("%c/%e/%Y %l:%M %p", "5/18/2024 13:19 PM")]
    [InlineData("%Y-%m-%d %H:%M:%S%z", "2024-05-18 15:19:02")]
    public void What_is_written_otherwise_is_refused_with_the_format_named(string format, string text)
    {
        var error = Assert.Single(Chunk.Errors(Chunk.Model(Times(format)), text + "\n"));
        Assert.Equal((ErrorCodes.NotATimestamp, $"The value for 't' is not a timestamp. Use the format {format}."), (error.Error, error.Message));
    }

    [Fact]
    public void A_format_is_read_in_the_zone_of_its_column_and_keeps_its_fraction() =>
        Assert.Equal(
            ["1716038342250"],
            Chunk.Values(Chunk.Model(Chunk.Column("t", ColumnType.Timestamp, "DateTime64(3, 'Europe/Berlin')") with { DateFormat = "%d.%m.%Y %H:%M:%S,%f" }),
                "\"18.05.2024 15:19:02,25\"\n")[0]);

    [Fact]
    public void A_date_has_a_format_too() =>
        Assert.Equal(["-1", "19861"],
            Chunk.Values(Chunk.Model(Chunk.Column("d", ColumnType.Date, "Date32") with { DateFormat = "%e.%c.%Y" }), "31.12.1969\n18.5.2024\n", rows: 2)[0]);

    static Column Times(string format) => Chunk.Column("t", ColumnType.Timestamp, "DateTime") with { DateFormat = format };
}
