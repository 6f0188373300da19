using System.Globalization;
using System.Text.RegularExpressions;
using Batch.Tests.Deployment;

namespace Batch.Tests.Architecture;

/// <summary>Code can be read beside a diff or a debugger: no line is longer than <c>.editorconfig</c> allows.</summary>
/// <remarks>A string is never broken for it: a line may end late where a string reaches over the limit, and within a raw string.</remarks>
[Trait("Tier", "unit")]
public sealed partial class LineLengthTests
{
    static int Limit => int.Parse(MaxLineLength().Match(File.ReadAllText(Repository.File(".editorconfig"))).Groups[1].Value, CultureInfo.InvariantCulture);

    [Fact]
    public void No_line_of_code_is_longer_than_editorconfig_allows()
    {
        var files = Repository.CSharpFiles().ToList();

        Assert.NotEmpty(files);
        Assert.Equal([], files.SelectMany(file => TooLong(File.ReadAllLines(file), Limit)
            .Select(line => $"{Path.GetRelativePath(Repository.Root, file)}:{line}")));
    }

    [Theory]
    [InlineData("a + b + c;", 10, false)]
    [InlineData("a + b + cd;", 10, true)]
    [InlineData("// a comment", 10, true)]
    [InlineData("f(\"a long string\");", 10, false)]
    [InlineData("f(\"a \\\"long\\\" string\");", 12, false)]
    [InlineData("f(\"a\", b, \"c\", d);", 10, true)]
    [InlineData("var s = \"\"\"\nraw text that is long\n\"\"\";", 12, false)]
    [InlineData("var s = \"\"\"\nraw\n\"\"\";\na + b + c + d;", 12, true)]
    public void Only_a_string_may_reach_over_the_limit(string code, int limit, bool isTooLong) =>
        Assert.Equal(isTooLong, TooLong(code.Split('\n'), limit).Any());

    /// <summary>Numbers of the lines, from 1.</summary>
    static IEnumerable<int> TooLong(string[] lines, int limit)
    {
        var isRaw = false;
        for (var i = 0; i < lines.Length; i++)
        {
            var wasRaw = isRaw;
            if (RawQuotes().Count(lines[i]) % 2 == 1)
                isRaw = !isRaw;
            if (lines[i].Length > limit && !wasRaw && !isRaw && !StringOrComment().Matches(lines[i]).Any(match => ReachesOver(match, limit)))
                yield return i + 1;
        }
    }

    static bool ReachesOver(Match match, int limit) => match.Value[0] != '/' && match.Index < limit && match.Index + match.Length >= limit;

    [GeneratedRegex(@"^max_line_length = (\d+)", RegexOptions.Multiline)]
    private static partial Regex MaxLineLength();

    [GeneratedRegex("\"{3,}")]
    private static partial Regex RawQuotes();

    /// <summary>Comments too, as a quotation mark within one begins no string.</summary>
    [GeneratedRegex("\"\"\".*?\"\"\"+|@\\$?\"(?:[^\"]|\"\")*\"|\"(?:[^\"\\\\]|\\\\.)*\"|(?<!:)//.*")]
    private static partial Regex StringOrComment();
}
