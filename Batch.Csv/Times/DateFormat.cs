using System.Collections.Concurrent;
using System.Text;

namespace Batch.Csv.Times;

// A format is compiled once to pairs of bytes: a letter and 0, or 0 and a byte that must stand there as it is:
//   "%d.%m.%Y"   d0 0. m0 0. Y0
/// <summary>How dates and times of a column are written, in the letters of ClickHouse's parseDateTime.</summary>
sealed partial class DateFormat
{
    const string Letters = "YmcbdeHkIlMiSfpz";

    /// <summary>Letters of any number of digits: what follows must not begin with one, or there were two ways to read them.</summary>
    const string Unpadded = "cekl";

    static readonly ConcurrentDictionary<string, DateFormat> Known = new(StringComparer.Ordinal);

    readonly byte[] _program;

    DateFormat(byte[] program) => _program = program;

    /// <summary>A format that a model was created with.</summary>
    public static DateFormat Of(string format) =>
        Known.GetOrAdd(format, text => Compile(text, hasTime: null, out var fault) ?? throw new NotSupportedException($"date_format: {fault}."));

    /// <param name="hasTime">The column is a TIMESTAMP, which needs an hour, and not a DATE, which has none; null: do not ask.</param>
    /// <returns>Null, with what is wrong in <paramref name="fault"/>.</returns>
    public static DateFormat? Compile(string format, bool? hasTime, out string fault)
    {
        var (program, seen) = (new List<byte>(), "");
        fault = "";
        for (var at = 0; at < format.Length && fault.Length == 0; at++)
        {
            if (format[at] != '%')
            {
                var count = char.IsHighSurrogate(format[at]) && at + 1 < format.Length ? 2 : 1;
                Literal(program, Encoding.UTF8.GetBytes(format.Substring(at, count)), ref fault);
                at += count - 1;
                continue;
            }
            var letter = ++at < format.Length ? format[at] : ' ';
            if (letter == '%')
                Literal(program, "%"u8, ref fault);
            else if (Letter(letter, seen, program, ref fault))
                seen += letter;
        }
        if (fault.Length == 0)
            fault = Missing(format, seen, hasTime) ?? "";
        return fault.Length == 0 ? new([.. program]) : null;
    }

    static void Literal(List<byte> program, ReadOnlySpan<byte> bytes, ref string fault)
    {
        foreach (var b in bytes)
        {
            if (b < ' ')
                fault = "a control character cannot stand in a date_format";
            if (b is >= (byte)'0' and <= (byte)'9' or (byte)':' && program is [.., var last, 0] && Joins((char)last, isColon: b == ':'))
                fault = $"%{(char)last} takes as many digits as there are, so '{(char)b}' cannot follow it";
            program.AddRange([0, b]);
        }
    }

    static bool Letter(char letter, string seen, List<byte> program, ref string fault)
    {
        fault = letter switch
        {
            'y' => "%y is a year of two digits, whose century would be a guess; have four written (%Y), or load the column as a String",
            _ when !Letters.Contains(letter, StringComparison.Ordinal) =>
                $"%{letter} is not known. Accepted: {string.Join(" ", Letters.Select(l => $"%{l}"))} %%",
            _ when seen.Any(other => Group(other) == Group(letter)) => $"%{letter} says a second time what another letter says already",
            _ when program is [.., var last, 0] && Joins((char)last, isColon: false) && letter is not ('b' or 'p' or 'z') =>
                $"%{(char)last} takes as many digits as there are, so %{letter} cannot follow it at once; put something between them",
            _ => "",
        };
        program.AddRange([(byte)letter, 0]);
        return fault.Length == 0;
    }

    /// <summary>Whether a letter would take what follows for its own.</summary>
    static bool Joins(char letter, bool isColon) => letter == 'z' || (!isColon && (letter == 'f' || Unpadded.Contains(letter, StringComparison.Ordinal)));

    /// <summary>Letters that say the same thing.</summary>
    static char Group(char letter) => letter switch { 'c' or 'b' => 'm', 'e' => 'd', 'k' or 'I' or 'l' => 'H', 'i' => 'M', _ => letter };

    static string? Missing(string format, string seen, bool? hasTime)
    {
        var groups = seen.Select(Group).ToHashSet();
        var twelve = seen.IndexOfAny(['I', 'l']) >= 0;
        return format != format.Trim() ? "begins or ends with a space, but spaces around a value do not count; take it out"
            : !groups.IsSupersetOf("Ymd") ? "needs a year (%Y), a month (%m, %c or %b) and a day (%d or %e), for example %d.%m.%Y"
            : hasTime == false && groups.Overlaps("HMSfpz") ? "a DATE has no time of day; make the column a DateTime or a DateTime64"
            : hasTime == true && !groups.Contains('H') ? "a TIMESTAMP needs an hour (%H); for dates alone make the column a Date32"
            : twelve != groups.Contains('p') ? "%I and %l are hours up to 12, and go with %p (AM or PM) and only with it"
            : groups.Contains('S') && !groups.Contains('M') || groups.Contains('f') && !groups.Contains('S')
                ? "has a smaller part of the time without the larger one"
            : null;
    }
}
