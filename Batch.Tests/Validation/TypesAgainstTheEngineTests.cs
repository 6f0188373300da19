using System.Globalization;
using System.Text;
using Batch.Csv.Schema;
using Batch.Csv.Times;
using Batch.Csv.Validation;
using Batch.Csv.Validation.Parsing;
using Batch.Tests.EmbeddedClickHouse;

namespace Batch.Tests.Validation;

/// <summary>ClickHouse's own parser is the second reader: text that validation takes means the same to both.</summary>
[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class TypesAgainstTheEngineTests(ClickHouseProcess clickHouse)
{
    const int Values = 400;

    public static TheoryData<string> Types => new(
        "Date", "Date32", "DateTime", "DateTime('Europe/Berlin')", "DateTime64(0)", "DateTime64(3)", "DateTime64(6, 'America/New_York')", "DateTime64(9)",
        "Time", "Time64(3)",
        "Decimal(9, 2)", "Decimal(18, 6)", "Decimal(38, 10)", "Decimal(76, 0)", "Decimal(76, 40)", "Int128", "UInt128", "Int256", "UInt256",
        "UUID", "IPv4", "IPv6", "FixedString(5)");

    [Theory]
    [MemberData(nameof(Types))]
    public async Task What_validation_takes_is_the_same_value_to_ClickHouses_own_parser(string type)
    {
        var column =
            SchemaParser.Parse(System.Text.Json.JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["x"] = type }), null, null).Columns[0];
        var random = new Random(17);
        var texts = Enumerable.Range(0, Values).Select(_ => RandomText.Of(column, random)).ToArray();
        var model = Chunk.Model(Chunk.Integer("id"), column);
        using var validator = new ChunkValidator();
        var csv = Encoding.UTF8.GetBytes(string.Concat(texts.Select((text, row) => $"{row},{text}\n")));
        var data = NativeReader.Read(validator.Validate(Chunk.Header(Values, [0, 1]), model, csv, default).Data!);
        var ids = data[0].Values.Select(id => int.Parse(id!, CultureInfo.InvariantCulture)).ToArray();
        Assert.InRange(ids.Length, Values / 4, Values);

        var lines = string.Concat(ids.Select(id => texts[id] + "\n"));
        var bytes = await clickHouse.QueryBytesAsync(
            $"SELECT value FROM format(CSV, 'value {type.Replace("'", "\\'", StringComparison.Ordinal)}', '{lines}') FORMAT Native SETTINGS date_time_input_format = 'best_effort', session_timezone = 'UTC'");
        var theirs = NativeReader.Read(bytes)[0].Values;
        Assert.Equal(ids.Select((id, i) => $"{texts[id]} is {data[1].Values[i]}"), ids.Select((id, i) => $"{texts[id]} is {theirs[i]}"));
    }

    [Fact]
    public async Task A_local_time_of_any_zone_is_the_moment_that_ClickHouse_shows_so_or_is_refused_because_it_shows_two()
    {
        var random = new Random(17);
        var zones = (await clickHouse.QueryAsync("SELECT time_zone FROM system.time_zones ORDER BY time_zone"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(ZoneOffsets.IsKnown).ToArray();
        Assert.InRange(zones.Length, 300, 700);
        foreach (var zone in zones.Where(_ => random.Next(12) == 0).Append("Europe/Berlin").Append("Africa/Casablanca"))
        {
            var moments = Enumerable.Range(0, 300).Select(_ => random.NextInt64(172_800, 4_000_000_000)).ToArray();
            var shown = await clickHouse.QueryAsync(
                $"SELECT toString(m, '{zone}') FROM (SELECT toDateTime64(arrayJoin([{string.Join(',', moments)}]), 0, 'UTC') AS m)");
            var reader = new MomentReader(Chunk.Column("t", ColumnType.Timestamp, $"DateTime64(0, '{zone}')"));
            var refused = 0;
            foreach (var (moment, line) in moments.Zip(shown.Split('\n')))
            {
                var verdict = reader.Read(Encoding.UTF8.GetBytes(line), out var seconds, out _);
                if (verdict == ParseOutcome.Ok)
                    Assert.True(moment == seconds, $"{zone}: {line} is {moment}, not {seconds}.");
                else
                    refused++;
            }
            // An hour or so of a year is twice there.
            Assert.InRange(refused, 0, 5);
        }
    }
}
