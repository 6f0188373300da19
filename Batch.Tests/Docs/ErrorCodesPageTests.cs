using System.Text;
using Batch.Cli;

namespace Batch.Tests.Docs;

/// <summary><c>docs/error-codes.md</c> says what <c>batch explain</c> says.</summary>
[Trait("Tier", "unit")]
public sealed class ErrorCodesPageTests
{
    static readonly (string Kind, string Title, string Intro)[] Kinds =
    [
        ("row", "Rejected rows",
            "In `rejected_rows.error`, `GET /jobs/{id}/rejected` and `batch job rejected`. A row is rejected for all of its errors, each an entry of its own."),
        ("header", "Header lines", "One entry each, with row 0. The job is FAILED with `HEADER_FAULT`, all its rows count as errors, and none is loaded."),
        ("file", "Files", "Answers to `POST /jobs`, or `failure_code` of a job if the problem was found later in the file."),
        ("job", "Failed jobs", "`failure_code` of a job that is FAILED."),
        ("request", "Refused requests", "`code` in the body of an answer that is not a success."),
    ];

    [Fact]
    public void Page_of_error_codes_is_what_batch_explain_says()
    {
        var page = Path.Combine(DocumentationTests.Root, "docs", "error-codes.md");
        var written = Write();
        if (Environment.GetEnvironmentVariable("BATCH_DOCS") == "update")
            File.WriteAllText(page, written);
        Assert.Equal(written, File.ReadAllText(page));
        Assert.Empty(CodeGuides.All.Select(guide => guide.Kind).Distinct().Except(Kinds.Select(kind => kind.Kind)));
    }

    static string Write()
    {
        var text = new StringBuilder("""
            # Error codes

            Every code, what it means, why it happens and how to fix it. `batch explain CODE` says the same in a terminal.

            """.ReplaceLineEndings("\n"));
        foreach (var (kind, title, intro) in Kinds)
        {
            text.Append($"\n## {title}\n\n{intro}\n\n| code | what | why | fix |\n|---|---|---|---|\n");
            foreach (var guide in CodeGuides.All.Where(guide => guide.Kind == kind))
                text.Append(
                    $"| `{guide.Code}` | {Cell(guide.What)} | {Cell(guide.Why)}{(guide.Example is { } example ? $" For example: {Code(example)}" : "")} | {Cell(guide.Fix)} |\n");
        }
        return text.ToString();
    }

    static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);

    static string Code(string text) => $"`{text.Replace("|", "\\|", StringComparison.Ordinal)}`";
}
