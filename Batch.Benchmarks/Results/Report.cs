using System.Text;

namespace Batch.Benchmarks.Results;

/// <summary>What was measured so far: printed as it comes, and written as Markdown with charts beside it.</summary>
internal sealed class Report
{
    readonly StringBuilder _text = new();
    readonly Dictionary<string, string> _charts = [];

    /// <param name="part">A table or a paragraph.</param>
    public void Add(object part)
    {
        Console.WriteLine(part);
        _text.Append(part).Append('\n');
    }

    /// <param name="name">Of the file, without its ending.</param>
    /// <param name="what">What is to be seen.</param>
    public void AddChart(string name, string what, string svg)
    {
        _charts[name + ".svg"] = svg;
        _text.Append($"![{what}]({name}.svg)\n\n");
    }

    /// <summary>Writes results.md and the charts, over those that were there.</summary>
    public async Task WriteAsync(DirectoryInfo folder)
    {
        folder.Create();
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "results.md"), _text.ToString().TrimEnd('\n') + "\n");
        foreach (var (name, svg) in _charts)
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, name), svg);
    }
}
