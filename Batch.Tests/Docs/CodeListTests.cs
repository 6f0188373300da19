using System.Reflection;
using System.Text.RegularExpressions;
using Batch.Cli;
using Batch.Core.Jobs;
using Batch.Tests.Deployment;

namespace Batch.Tests.Docs;

/// <summary><c>batch explain</c> knows every code that the programs can say, and none that they cannot.</summary>
[Trait("Tier", "unit")]
public sealed partial class CodeListTests
{
    /// <summary>Written like codes, and none: variables, settings, states.</summary>
    static readonly HashSet<string> OtherNames = new(StringComparer.Ordinal)
    {
        "BATCH_CSV", "BATCH_FAULT", "KAFKA_BOOTSTRAP", "TENANT_HEADER", "PARTIAL_SUCCESS",
    };

    static readonly string[] Projects = ["Batch.Api", "Batch.Client", "Batch.Core", "Batch.Csv", "Batch.Primitives", "Batch.Worker"];

    static IEnumerable<string> Sources => Projects.SelectMany(project => Repository.CSharpFiles(project));

    /// <summary>Every literal of capitals with an underscore, and every one that stands where a code does.</summary>
    static IEnumerable<(string Code, string File)> Written =>
        from file in Sources
        // ClickHouse's own names.
        where !file.EndsWith("ClickHouseErrors.OwnFaults.cs", StringComparison.Ordinal)
        from line in File.ReadLines(file)
        where !line.TrimStart().StartsWith("///", StringComparison.Ordinal)
        from match in Literal().Matches(line).Concat(InPlace().Matches(line))
        where !OtherNames.Contains(match.Groups[1].Value)
        select (match.Groups[1].Value, Path.GetRelativePath(DocumentationTests.Root, file));

    [Fact]
    public void Every_code_that_is_written_in_the_programs_is_explained()
    {
        var known = CodeGuides.All.Select(guide => guide.Code).ToHashSet(StringComparer.Ordinal);
        Assert.Equal([], Written.Where(written => !known.Contains(written.Code)).Distinct().Select(written => $"{written.Code} ({written.File})"));
    }

    [Fact]
    public void Every_constant_of_the_lists_of_codes_is_explained()
    {
        var constants = new[] { typeof(ErrorCodes), typeof(FailureCodes) }
            .SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral))
            .Select(field => (string)field.GetRawConstantValue()!)
            .ToList();

        Assert.True(constants.Count > 20);
        Assert.Equal([], constants.Except(CodeGuides.All.Select(guide => guide.Code)));
    }

    [Fact]
    public void Every_code_that_is_explained_is_one_and_explained_once()
    {
        var written = Written.Select(written => written.Code).ToHashSet(StringComparer.Ordinal);
        Assert.Equal([], CodeGuides.All.Select(guide => guide.Code).Where(code => !written.Contains(code)));
        Assert.Equal([], CodeGuides.All.GroupBy(guide => guide.Code).Where(group => group.Count() > 1).Select(group => group.Key));
    }

    [GeneratedRegex("\"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\"")]
    private static partial Regex Literal();

    [GeneratedRegex("(?:Exception|New|Result)\\((?:\\d+, )?\"([A-Z][A-Z0-9_]+)\"")]
    private static partial Regex InPlace();
}
