using System.Globalization;
using Batch.Client;

namespace Batch.Cli.Output;

/// <summary>How ids, states, figures and times are spelled for people.</summary>
internal static class Names
{
    public static string Short(string id) => id.Length > 8 ? id[..8] : id;

    public static string Of(JobState state) => state switch
    {
        JobState.PartialSuccess => "PARTIAL_SUCCESS",
        _ => state.ToString().ToUpperInvariant(),
    };

    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>1 row, 2 rows.</summary>
    public static string Count(long count, string noun) => $"{Number(count)} {noun}{(count == 1 ? "" : "s")}";

    /// <summary>mm:ss; from an hour on the minutes go on counting.</summary>
    public static string Clock(long milliseconds) =>
        string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 60_000:00}:{milliseconds / 1000 % 60:00}");

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>Powers of 1,000, as disks and networks count: <c>1.2 GB</c>.</summary>
    public static string Bytes(double bytes)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB", "PB"];
        var unit = 0;
        while (bytes >= 999.5 && unit < units.Length - 1)
        {
            bytes /= 1000;
            unit++;
        }
        return bytes.ToString(unit == 0 || bytes >= 99.95 ? "0" : "0.0", CultureInfo.InvariantCulture) + " " + units[unit];
    }
}
