using System.Text;

namespace Batch.Tests.Differential;

/// <summary>What goes wrong with files on their way. Each makes a polluted file out of a clean one.</summary>
/// <remarks>
/// Left out is what no reader can know: a character changed inside a value, two faults in one row that make up for each other, columns whose
/// names have been swapped, a file that was cut within its last value.
/// </remarks>
sealed class Pollution
{
    public enum Kind
    {
        LostSeparator, ExtraSeparator, StrayQuote, LostQuote, DoubledQuote, OtherSeparator, HeaderName, HeaderField, Preamble, SecondTable, OtherTable, CutEnd,
        MixedLineEnds, BlankLines, SplitRow, JoinedRows, PaddedQuotes, BrokenByte, Footer,
    }

    readonly CleanFile _file;
    readonly Random _random;
    readonly List<StringBuilder> _lines;
    readonly string _separator;

    public Pollution(CleanFile file, Kind kind, Random random)
    {
        (_file, _random, _separator) = (file, random, file.Delimiter.ToString());
        _lines = [.. file.Lines.Select(fields => new StringBuilder(string.Join(_separator, fields)))];
        Bytes = Encoding.UTF8.GetBytes(Apply(kind));
        if (kind == Kind.BrokenByte)
            Bytes = [.. Bytes.Select(value => value == 1 ? (byte)0xFF : value)];
    }

    public byte[] Bytes { get; }

    /// <summary>The rows that were touched, by their id: these may be rejected, all others may not.</summary>
    public HashSet<string> Touched { get; } = [];

    /// <summary>The file was cut within its last value: nobody can tell the last row from a whole one.</summary>
    public bool LastIsUnknowable { get; private set; }

    string Apply(Kind kind)
    {
        switch (kind)
        {
            case Kind.LostSeparator:
                Rewrite(fields =>
                {
                    var at = _random.Next(fields.Length - 1);
                    // Two quoted fields without a separator between them are another fault: of quotes.
                    return [.. fields[..at], fields[at] + fields[at + 1], .. fields[(at + 2)..]];
                });
                break;
            case Kind.ExtraSeparator:
                Rewrite(fields => [.. fields[..1], "", .. fields[1..]]);
                break;
            case Kind.StrayQuote:
                var line = Row();
                line.Insert(_random.Next(line.Length + 1), '"');
                break;
            case Kind.LostQuote:
            case Kind.DoubledQuote:
                var quoted = Row(text => text.Contains('"', StringComparison.Ordinal));
                if (quoted is null)
                    break;
                var quotes = Enumerable.Range(0, quoted.Length).Where(i => quoted[i] == '"').ToArray();
                var quote = quotes[_random.Next(quotes.Length)];
                _ = kind == Kind.LostQuote ? quoted.Remove(quote, 1) : quoted.Insert(quote, '"');
                break;
            case Kind.OtherSeparator:
                var other = Pick([.. new[] { ",", ";", "\t", "|" }.Where(text => text != _separator)]);
                Rewrite(fields => [string.Join(other, fields)]);
                break;
            case Kind.HeaderName:
                var names = _file.Lines[0].ToArray();
                ref var name = ref names[_random.Next(names.Length)];
                name = _random.Next(4) switch { 0 => name[1..], 1 => name.ToUpperInvariant(), 2 => "", _ => "n\u200Bx" };
                SetLine(0, names);
                TouchAll();
                break;
            case Kind.HeaderField:
                var dropped = _random.Next(_file.Lines[0].Length);
                SetLine(0, _random.Next(2) == 0
                    ? [.. _file.Lines[0].Where((_, i) => i != dropped)]
                    : [.. _file.Lines[0], _file.Lines[0][dropped]]);
                TouchAll();
                break;
            case Kind.Preamble:
                for (var i = _random.Next(1, 4); i > 0; i--)
                    _lines.Insert(0, new(Pick(["Report of last month", "created by;the system", $"a{_separator}b", "Total: 12"])));
                TouchAll();
                break;
            case Kind.SecondTable:
                // The rows of the second table are as good as those of the first: they stand there under the same header line.
                var half = _random.Next(1, _lines.Count);
                _lines.Insert(half, new(_lines[0].ToString()));
                if (_random.Next(2) == 0)
                    _lines.Insert(half, new());
                break;
            case Kind.OtherTable:
                var columns = _random.Next(2) == 0 ? _file.Lines[0].Length - 1 : _file.Lines[0].Length + 1;
                for (var i = 0; i < 3; i++)
                    _lines.Add(new(string.Join(_separator, Enumerable.Range(0, columns).Select(column => i == 0 ? $"h{column}" : $"{i}{column}"))));
                break;
            case Kind.CutEnd:
                return Cut();
            case Kind.MixedLineEnds:
                return string.Concat(_lines.Select(text => text + Pick(["\n", "\r\n", "\r"])));
            case Kind.BlankLines:
                for (var i = _random.Next(1, 5); i > 0; i--)
                    _lines.Insert(_random.Next(_lines.Count + 1), new());
                break;
            case Kind.SplitRow:
                Rewrite(fields =>
                {
                    var at = _random.Next(1, fields.Length);
                    return [.. fields[..(at - 1)], fields[at - 1] + "\n" + fields[at], .. fields[(at + 1)..]];
                });
                break;
            case Kind.JoinedRows:
                if (_lines.Count < 3)
                    break;
                var first = _random.Next(1, _lines.Count - 1);
                Touch(first);
                Touch(first + 1);
                _lines[first].Append(_lines[first + 1]);
                _lines.RemoveAt(first + 1);
                break;
            case Kind.PaddedQuotes:
                for (var i = 1; i < _lines.Count; i++)
                    SetLine(i, [.. _file.Lines[i].Select(field => field.StartsWith('"') ? Padding() + field + Padding() : field)]);
                break;
            case Kind.BrokenByte:
                var broken = Row();
                broken.Insert(_random.Next(broken.Length + 1), '\u0001');
                break;
            case Kind.Footer:
                _lines.Add(new(Pick(["Total", $"sum{_separator}12", "(3 rows)"])));
                break;
        }
        var end = _random.Next(3) == 0 ? "" : _file.LineBreak;
        return string.Join(_file.LineBreak, _lines) + end;
    }

    string Cut()
    {
        var whole = string.Join(_file.LineBreak, _lines);
        var length = _random.Next(_lines[0].Length, whole.Length);
        var begin = 0;
        for (var i = 0; i < _lines.Count && begin < length; begin += _lines[i].Length + _file.LineBreak.Length, i++)
        {
            if (i == 0 || begin + _lines[i].Length <= length)
                continue;
            Touch(i);
            // All separators are still there, so that what is left looks whole.
            if (length - begin >= _lines[i].Length - _file.Lines[i][^1].Length)
                LastIsUnknowable = true;
        }
        for (var i = 1; i < _lines.Count; i++)
            if (_lines.Take(i).Sum(text => text.Length + _file.LineBreak.Length) >= length)
                Touch(i);
        return whole[..length];
    }

    string Padding() => _file.Delimiter == '\t' ? Pick(["", " ", "  "]) : Pick(["", " ", "\t "]);

    StringBuilder Row() => Row(_ => true)!;

    StringBuilder? Row(Predicate<string> fits)
    {
        var rows = Enumerable.Range(1, _lines.Count - 1).Where(i => fits(_lines[i].ToString())).ToArray();
        if (rows.Length == 0)
            return null;
        var row = rows[_random.Next(rows.Length)];
        Touch(row);
        return _lines[row];
    }

    void Rewrite(Func<string[], string[]> fields)
    {
        var row = _random.Next(1, _lines.Count);
        Touch(row);
        SetLine(row, fields(_file.Lines[row]));
    }

    void SetLine(int line, string[] fields) => _lines[line].Clear().AppendJoin(_separator, fields);

    void Touch(int line) => Touched.Add(Id(line));

    void TouchAll() => Touched.UnionWith(_file.Values.Keys);

    string Id(int line) => _file.Values.Keys.ElementAt(line - 1);

    string Pick(string[] from) => from[_random.Next(from.Length)];
}
