using System.Text;

namespace Batch.Cli.Output;

/// <summary>A table in plain text: a header line, a line of dashes, and a line a row, columns separated by one space or more.</summary>
/// <remarks>
/// A cell that does not fit makes its column wider for all rows, so that they line up. Where the terminal is too narrow for that, in this
/// order: the wrapped column folds beside the others, or under them; columns that may be cut are cut, widest first; columns that may be
/// left out are left out, last first. So a line is never broken by the terminal while there is anything left to give.
/// </remarks>
/// <param name="width">Columns of the terminal; 0: as wide as it takes.</param>
internal sealed class TextTable(int width = 0)
{
    /// <summary>A column of prose narrower than this goes under its row instead.</summary>
    const int LeastProse = 28;
    const string UnderIndent = "     ";

    readonly List<Header> _columns = [];
    readonly List<string[]> _rows = [];
    readonly List<int> _shown = [];
    int[] _widths = [];
    int _prose = -1;
    int _proseWidth;

    /// <param name="least">The least width; 0 fits the content.</param>
    /// <param name="gap">Spaces between this column and the one before it.</param>
    /// <param name="cutTo">May be cut down to this width; 0: never.</param>
    /// <param name="optional">May be left out.</param>
    /// <param name="wrap">Prose: folds to the width that is left.</param>
    public TextTable Column(
        string title, int least = 0, bool right = false, int gap = 1, int cutTo = 0, bool optional = false, bool wrap = false)
    {
        _columns.Add(new Header(title, least, right, gap, cutTo, optional, wrap));
        return this;
    }

    public void Row(params string[] cells) => _rows.Add(Array.ConvertAll(cells, TextWidth.Safe));

    public int Rows => _rows.Count;

    /// <summary>Columns of the terminal that the table takes as it is.</summary>
    public int NaturalWidth
    {
        get
        {
            Measure();
            return Total();
        }
    }

    /// <param name="paint">Given row, column and padded cell: the cell with colours around it.</param>
    public void Write(TextWriter output, Func<int, int, string, string>? paint = null)
    {
        Measure();
        if (width > 0)
            Fit();

        // Titles stand to the left, also over figures: so has the user guide.
        Line(output, c => (_columns[c].Title, null), alignLeft: true);
        Line(output, c => (new string('-', _widths[c]), null));
        for (var r = 0; r < _rows.Count; r++)
            WriteRow(output, r, paint);
    }

    void WriteRow(TextWriter output, int r, Func<int, int, string, string>? paint)
    {
        var row = _rows[r];
        var prose = _prose < 0 ? null : TextWidth.Wrap(row[_prose], _proseWidth);
        Line(output, c => (c == _prose ? prose![0] : row[c], paint is null ? null : cell => paint(r, c, cell)));
        if (prose is null)
            return;
        if (!_shown.Contains(_prose))
        {
            foreach (var line in prose)
                output.WriteLine(UnderIndent + line);
            return;
        }
        foreach (var line in prose.Skip(1))
            Line(output, c => (c == _prose ? line : "", null));
    }

    void Measure()
    {
        _shown.Clear();
        _widths = new int[_columns.Count];
        for (var c = 0; c < _widths.Length; c++)
        {
            _shown.Add(c);
            _widths[c] = Math.Max(_columns[c].Least, TextWidth.Of(_columns[c].Title));
            foreach (var row in _rows)
                _widths[c] = Math.Max(_widths[c], TextWidth.Of(row[c]));
        }
    }

    void Fit()
    {
        var over = Total() - width;
        if (over <= 0)
            return;
        _prose = _columns.FindIndex(column => column.Wrap);
        if (_prose >= 0)
        {
            _proseWidth = _widths[_prose] - over;
            if (_proseWidth >= LeastProse)
            {
                _widths[_prose] = _proseWidth;
                return;
            }
            _shown.Remove(_prose);
            _proseWidth = Math.Max(10, width - UnderIndent.Length);
        }
        for (var c = _columns.Count - 1; c >= 0 && Total() > width; c--)
        {
            if (_columns[c].Optional)
                _shown.Remove(c);
        }
        while (Total() > width && Widest() is { } widest)
            _widths[widest]--;
    }

    /// <summary>The widest column that may still be cut.</summary>
    int? Widest()
    {
        int? widest = null;
        foreach (var c in _shown)
        {
            if (_columns[c].CutTo > 0 && _widths[c] > Math.Max(_columns[c].CutTo, TextWidth.Of(_columns[c].Title))
                && (widest is null || _widths[c] > _widths[widest.Value]))
                widest = c;
        }
        return widest;
    }

    int Total()
    {
        var total = 0;
        foreach (var c in _shown)
            total += _widths[c] + (c == _shown[0] ? 0 : _columns[c].Gap);
        return total;
    }

    void Line(TextWriter output, Func<int, (string Cell, Func<string, string>? Paint)> cellOf, bool alignLeft = false)
    {
        var line = new StringBuilder();
        foreach (var c in _shown)
        {
            if (c != _shown[0])
                line.Append(' ', _columns[c].Gap);
            var (cell, paint) = cellOf(c);
            cell = TextWidth.Pad(TextWidth.Cut(cell, _widths[c]), _widths[c], _columns[c].Right && !alignLeft);
            line.Append(paint is null ? cell : paint(cell));
        }
        output.WriteLine(line.ToString().TrimEnd(' '));
    }

    readonly record struct Header(string Title, int Least, bool Right, int Gap, int CutTo, bool Optional, bool Wrap);
}
