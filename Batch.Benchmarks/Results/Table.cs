using System.Text;

namespace Batch.Benchmarks.Results;

/// <summary>A Markdown table that is printed and kept.</summary>
internal sealed class Table(string title, params string[] columns)
{
    readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add(cells);

    public override string ToString()
    {
        var text = new StringBuilder($"**{title}**\n\n");
        foreach (var row in (IEnumerable<string[]>)[columns, [.. columns.Select(_ => "---")], .. _rows])
            text.Append("| ").AppendJoin(" | ", row).Append(" |\n");
        return text.ToString();
    }
}
