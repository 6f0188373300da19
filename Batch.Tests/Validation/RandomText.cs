using System.Globalization;
using Batch.Csv.Schema;

namespace Batch.Tests.Validation;

/// <summary>Text that a column may hold, or nearly: what both readers take must mean the same to both.</summary>
static class RandomText
{
    public static string Of(Column column, Random random) => column.Type switch
    {
        ColumnType.Date => Date(random),
        ColumnType.Timestamp => $"{Date(random)}{Pick(random, " ", "T")}{Clock(random)}{Fraction(random)}{Pick(random, "", "", "Z", "+02:00", "-0330")}",
        ColumnType.Time =>
            $"{Pick(random, "", "-")}{random.Next(1000):000}:{random.Next(60):00}:{random.Next(60):00}{(column.StorageType == "Time" ? "" : Fraction(random))}",
        ColumnType.Decimal =>
            $"{Pick(random, "", "-")}{Digits(random, 1, 12)}{Pick(random, "", $".{Digits(random, 1, 4)}", $".{Digits(random, 1, 2)}000")}{Pick(random, "", "", "e2", "e-2")}",
        ColumnType.Integer => $"{Pick(random, "", "-")}{Digits(random, 1, column.StorageType.Contains("256", StringComparison.Ordinal) ? 79 : 40)}",
        ColumnType.Uuid => new Guid(random.Next(), (short)random.Next(), 3, [1, 2, 3, 4, 5, 6, 7, (byte)random.Next(256)]).ToString(Pick(random, "D", "N")),
        ColumnType.Ip => column.StorageType == "IPv4" ? $"{random.Next(280)}.{random.Next(256)}.0.{random.Next(256)}" : Ipv6(random),
        _ => Pick(random, "abc", "日", "fünf", "x", "longer than that"),
    };

    static string Date(Random random) => DateTime.UnixEpoch.AddDays(random.Next(4) switch
    {
        0 => random.Next(-30_000, 125_000),
        1 => Pick(random, -25_567, 0, 65_535, 120_529, 49_000, 106_750),
        _ => random.Next(0, 40_000),
    }).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    static string Clock(Random random) => string.Create(CultureInfo.InvariantCulture, $"{random.Next(24):00}:{random.Next(60):00}:{random.Next(60):00}");

    static string Fraction(Random random) => Pick(random, "", "", ".0", ".000", $".{random.Next(1000):000}", $".{random.Next(1_000_000_000):000000000}");

    static string Ipv6(Random random)
    {
        var groups = Enumerable.Range(0, random.Next(1, 9))
            .Select(_ => random.Next(3) == 0 ? "0" : random.Next(65_536).ToString("x", CultureInfo.InvariantCulture)).ToList();
        if (groups.Count < 8)
            groups.Insert(random.Next(groups.Count + 1), "");
        var text = string.Join(':', groups);
        text = text.StartsWith(':') ? ":" + text : text.EndsWith(':') ? text + ":" : text;
        return random.Next(5) == 0 ? "192.0.2.7" : random.Next(5) == 0 ? "::ffff:192.0.2.7" : text;
    }

    static string Digits(Random random, int least, int most) => string.Concat(Enumerable.Range(0, random.Next(least, most + 1)).Select(_ => random.Next(10)));

    static T Pick<T>(Random random, params T[] from) => from[random.Next(from.Length)];
}
