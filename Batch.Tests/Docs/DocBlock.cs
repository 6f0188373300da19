namespace Batch.Tests.Docs;

/// <summary>A fenced block of a page.</summary>
/// <param name="Language">First word after the fence: <c>bash</c> is run, <c>text</c> and <c>json</c> right below it are what it prints.</param>
/// <param name="File">Second word after the fence: the block is a file of this name.</param>
/// <param name="Line">Of the fence, from 1.</param>
/// <param name="Follows">Nothing but blank lines stand between this block and the one before.</param>
public sealed record DocBlock(string Language, string? File, string Text, int Line, bool Follows)
{
    public static IReadOnlyList<DocBlock> Read(string page)
    {
        var blocks = new List<DocBlock>();
        var lines = System.IO.File.ReadAllLines(page);
        var prose = false;
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith("```", StringComparison.Ordinal))
            {
                prose |= !string.IsNullOrWhiteSpace(lines[i]);
                continue;
            }
            var end = Array.FindIndex(lines, i + 1, line => line == "```");
            if (end < 0)
                throw new InvalidDataException($"{page}:{i + 1}: the block never ends.");
            var words = lines[i][3..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            blocks.Add(new(words.FirstOrDefault(""), words.ElementAtOrDefault(1), string.Join('\n', lines[(i + 1)..end]), i + 1, !prose));
            prose = false;
            i = end;
        }
        return blocks;
    }
}
