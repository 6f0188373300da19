using System.Collections.Concurrent;

namespace Batch.Csv.Times;

/// <summary>The moments at which a time zone changes its offset from UTC, put into a table once, so that a row costs a search and no allocation.</summary>
/// <remarks>
/// From 1970 on: for earlier years the databases of different machines do not agree, and many offsets are not whole minutes, so that a local
/// time would be a guess. So would be one that the zone skips or has twice.
/// </remarks>
sealed class ZoneOffsets
{
    // A day before 1970, because the first hours of 1970 in the east are in 1969.
    const long First = -86_400, Last = 10_413_792_000 + 86_400, Step = 43_200;

    static readonly ConcurrentDictionary<string, ZoneOffsets> Known = new(StringComparer.Ordinal);

    // From which second on, in UTC, which offset holds.
    readonly long[] _from;
    readonly int[] _offset;

    ZoneOffsets(TimeZoneInfo zone)
    {
        var (from, offset) = (new List<long> { First }, new List<int> { At(zone, First) });
        for (var at = First; at < Last; at += Step)
            if (At(zone, at + Step) is var next && next != offset[^1])
            {
                var (low, high) = (at, at + Step);
                while (high - low > 1)
                {
                    var middle = (low + high) / 2;
                    if (At(zone, middle) == offset[^1])
                        low = middle;
                    else
                        high = middle;
                }
                from.Add(high);
                offset.Add(next);
            }
        (_from, _offset) = ([.. from], [.. offset]);
    }

    /// <summary>A name of the IANA database. <c>right/…</c>, which counts leap seconds, and <c>posix/…</c> are not names that ClickHouse has.</summary>
    public static bool IsKnown(string zone) =>
        zone.Length > 0 && zone.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+') && char.IsAsciiLetterUpper(zone[0])
        && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _);

    /// <exception cref="TimeZoneNotFoundException">This machine does not have the zone.</exception>
    public static ZoneOffsets Of(string zone) => Known.GetOrAdd(zone, name => new ZoneOffsets(TimeZoneInfo.FindSystemTimeZoneById(name)));

    /// <summary>False where the zone skips this local time, has it twice, or is not known well enough.</summary>
    public bool TryToUtc(long local, out long utc)
    {
        utc = 0;
        if (local < 0)
            return false;
        var at = Array.BinarySearch(_from, local + Moment.SecondsPerDay);
        var found = 0;
        for (at = at < 0 ? ~at - 1 : at; at >= 0; at--)
        {
            var end = at + 1 < _from.Length ? _from[at + 1] : long.MaxValue;
            if (end < local - Moment.SecondsPerDay)
                break;
            var candidate = local - _offset[at];
            if (candidate < _from[at] || candidate >= end)
                continue;
            utc = candidate;
            found++;
        }
        return found == 1;
    }

    static int At(TimeZoneInfo zone, long seconds) =>
        (int)(zone.GetUtcOffset(DateTime.UnixEpoch.AddSeconds(seconds)).Ticks / TimeSpan.TicksPerSecond);
}
