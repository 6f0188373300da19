namespace Batch.Csv.Times;

/// <summary>A date and time as it is written, before a zone and a column's type have made something of it.</summary>
struct Moment
{
    public const long SecondsPerDay = 86_400;

    /// <summary>Since 1970, were it UTC.</summary>
    public long Seconds;

    public int Nanoseconds;

    /// <summary>There are digits behind the nanoseconds, and not all are zero.</summary>
    public bool IsFiner;

    public bool HasOffset;

    /// <summary>Seconds by which the written time is before UTC.</summary>
    public int Offset;

    public readonly bool IsWhole => Nanoseconds == 0 && !IsFiner;
}
