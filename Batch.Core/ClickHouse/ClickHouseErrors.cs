using System.Globalization;
using System.Text.RegularExpressions;

namespace Batch.Core.ClickHouse;

/// <summary>ClickHouse's error codes, and the one decision that depends on them: may the same request succeed later?</summary>
/// <remarks>
/// On "transient" a caller waits and retries; otherwise it gives up, and a worker sets the chunk aside. To give up what would have passed
/// costs a person's work, to wait costs time. So only what the request itself is to blame for is named here (<see cref="OwnFaults"/>), and every
/// other code is transient, also those that nobody has seen yet: a full disk, a folder that cannot be written, damaged parts, no memory,
/// a password, a table or database that is missing. A worker notices by itself if waiting is of no use (<c>WaitingRecords</c>).
/// </remarks>
public static partial class ClickHouseErrors
{
    /// <summary>No answer: connection refused or lost, or no answer in time.</summary>
    public const int NoAnswer = 0;
    /// <summary>Transient: a system table is made again. Whether a model's own table was dropped is for the caller to find out.</summary>
    public const int UnknownTable = 60;
    public const int UnknownDatabase = 81;
    public const int NotEnoughSpace = 243;

    public static bool IsTransient(int code) => !OwnFaults.ContainsKey(code);

    /// <summary>An answer that is an error. <paramref name="code"/> is its <c>X-ClickHouse-Exception-Code</c>, if it had one.</summary>
    internal static ClickHouseException Of(int status, int? code, string text)
    {
        if ((code ?? CodeIn(text)) is { } known)
            return new(known, Tidy(text), IsTransient(known));
        // Not an answer of ClickHouse: a proxy, or a server that is starting. What a proxy says of the request's size and form is final.
        return new(NoAnswer, $"HTTP status {status}: {Tidy(text)}", isTransient: status is not (400 or 413 or 414 or 431));
    }

    /// <summary>The code in <c>Code: 60. DB::Exception: …</c>; null if the text is not ClickHouse's.</summary>
    internal static int? CodeIn(string text) =>
        CodePattern().Match(text) is { Success: true } match ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : null;

    // Code: 60. DB::Exception: Table default.x does not exist. (UNKNOWN_TABLE) (version 26.7.3.1 (official build))
    static string Tidy(string text)
    {
        text = CodePattern().Replace(text, "", 1);
        var version = text.LastIndexOf(" (version ", StringComparison.Ordinal);
        text = (version < 0 ? text : text[..version]).Trim();
        return text.Length <= 2000 ? text : text[..2000] + "…";
    }

    [GeneratedRegex(@"^\s*Code: (\d+)\. DB::\w+: ", RegexOptions.CultureInvariant)]
    private static partial Regex CodePattern();
}
