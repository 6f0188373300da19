using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Batch.Tests.Docs;

/// <summary>Whether a command printed what its page says: but for ids, times and durations, which are others in every run.</summary>
public static partial class DocExpectation
{
    static readonly JsonSerializerOptions Pretty =
        new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Null where it did; else what to say.</summary>
    public static string? Difference(DocBlock expected, string output)
    {
        var (want, got) = (Normal(expected.Language, expected.Text), Normal(expected.Language, output));
        // A job that has just been made is as far as it is.
        if (want.Contains("\"state\": \"PENDING\"", StringComparison.Ordinal))
            (want, got) = (Progress().Replace(want, "$1 …"), Progress().Replace(got, "$1 …"));
        return want == got ? null : $"the page says\n{expected.Text}\nand it printed\n{output}";
    }

    /// <summary>As it is to stand in a page.</summary>
    public static string Shown(string language, string output) => language == "json" ? JsonNode.Parse(output)!.ToJsonString(Pretty) : output;

    static string Normal(string language, string text)
    {
        if (language == "json")
        {
            try
            {
                text = JsonNode.Parse(text)!.ToJsonString(Pretty);
            }
            catch (JsonException)
            {
                // Then it is compared as it is, which says best what is wrong.
            }
        }
        text = Times().Replace(Ids().Replace(text, "ID"), "TIME");
        return Spaces().Replace(Durations().Replace(Clocks().Replace(text, "CLOCK"), "$1 0"), "\n").Trim();
    }

    [GeneratedRegex("(?<![0-9a-zA-Z])([0-9a-f]{32}|[0-9a-f]{8})(?![0-9a-zA-Z_])")]
    private static partial Regex Ids();

    [GeneratedRegex(@"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z?")]
    private static partial Regex Times();

    [GeneratedRegex(@"\b\d\d:\d\d\b")]
    private static partial Regex Clocks();

    [GeneratedRegex(@"(""\w+_ms"":|""duration\w*"":)\s*[\d.]+")]
    private static partial Regex Durations();

    [GeneratedRegex("""("(?:state|success|errors|percent)":)\s*["\w]+""")]
    private static partial Regex Progress();

    [GeneratedRegex(@" +\n")]
    private static partial Regex Spaces();
}
