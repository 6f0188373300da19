using System.Text;

namespace Batch.Cli.Tables;

/// <summary>A table in plain text: a header line, a line of dashes, and a line a row, columns parted by one space or more.</summary>
internal sealed class TextTable
{
    readonly List<Header> _columns = [];
    readonly List<string[]> _rows = [];

    /// <param name="width">The least width; 0 fits the content.</param>
    /// <param name="gap">Spaces between this column and the one before it.</param>
    public TextTable Column(string title, int width = 0, bool right = false, int gap = 1)
    {
        _columns.Add(new Header(title, width, right, gap));
        return this;
    }

    public void Row(params string[] cells) => _rows.Add(cells);

    public int Rows => _rows.Count;

    /// <summary>Writes the whole table. A cell that does not fit makes its column wider for all rows, so that they line up.</summary>
    public void Write(TextWriter output, Func<int, int, string, string>? paint = null)
    {
        var widths = new int[_columns.Count];
        for (var c = 0; c < widths.Length; c++)
            widths[c] = Math.Max(Math.Max(_columns[c].Width, _columns[c].Title.Length), _rows.Count == 0 ? 0 : _rows.Max(row => row[c].Length));

        var line = new StringBuilder();
        Line(output, line, widths, (c, width) => _columns[c].Title.PadRight(width));
        Line(output, line, widths, (_, width) => new string('-', width));
        for (var r = 0; r < _rows.Count; r++)
        {
            var row = _rows[r];
            Line(output, line, widths, (c, width) =>
            {
                var cell = _columns[c].Right ? row[c].PadLeft(width) : row[c].PadRight(width);
                return paint is null ? cell : paint(r, c, cell);
            });
        }
    }

    void Line(TextWriter output, StringBuilder line, int[] widths, Func<int, int, string> cell)
    {
        line.Clear();
        for (var c = 0; c < widths.Length; c++)
        {
            if (c > 0)
                line.Append(' ', _columns[c].Gap);
            line.Append(cell(c, widths[c]));
        }
        output.WriteLine(line.ToString().TrimEnd());
    }

    readonly record struct Header(string Title, int Width, bool Right, int Gap);
}
