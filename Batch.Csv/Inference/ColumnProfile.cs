using System.Globalization;
using System.Text;
using Batch.Csv.Schema;
using Batch.Csv.Validation.Native;
using Batch.Csv.Validation.Parsing;

namespace Batch.Csv.Inference;

/// <summary>What one column of a file has held so far, and what each type would do with it.</summary>
/// <remarks>
/// A value is tried as every type with the parsers that validation uses, so that a value counted as refused here is rejected there; what a type
/// would take but change (<see cref="NumberText"/>) rules it out whatever the other values are. The order of the rows does not matter.
/// </remarks>
sealed class ColumnProfile(string name)
{
    const ulong MostExact = 1UL << 53;

    readonly bool _isTimestamp = name == "timestamp";
    readonly DistinctValues _distinct = new();
    readonly TypeTally _unixSeconds = new("TIMESTAMP (Unix seconds)"), _boolean = new("BOOLEAN"), _signed = new("INTEGER"), _unsigned = new("INTEGER"),
        _float = new("FLOAT"), _iso8601 = new("TIMESTAMP"), _vector = new("VECTOR");

    long _values;
    long _blanks;
    long _firstBlank;
    bool _paddedBlank;
    int _longest;
    bool _sawBooleanWord;
    bool _sawNumber;
    bool _sawNonFinite;
    readonly Extent<Int128> _signedExtent = new(), _unsignedExtent = new();
    readonly Extent<double> _floatExtent = new();
    readonly Extent<uint> _timeExtent = new(), _unixExtent = new();
    int _vectorLength = -1;
    bool _vectorLengthsDiffer;

    public string Name => name;

    public long Blanks => _blanks;

    public long FirstBlank => _firstBlank;

    /// <param name="text">The field without its quotes.</param>
    /// <param name="row">Data rows count from 1.</param>
    public void Add(ReadOnlySpan<byte> text, long row)
    {
        if (text.IsEmpty || FieldParsers.Trim(text).IsEmpty)
        {
            _paddedBlank |= !text.IsEmpty;
            AddMissing(row);
            return;
        }
        _values++;
        _longest = Math.Max(_longest, text.Length);
        if (!_distinct.Overflowed)
            _distinct.Add(text);
        if (_isTimestamp && _unixSeconds.IsAlive)
            AddUnixSeconds(text, row);
        if (_boolean.IsAlive)
            AddBoolean(text, row);
        if (_float.IsAlive || _signed.IsAlive || _unsigned.IsAlive)
            AddNumber(text, row);
        if (_iso8601.IsAlive)
            AddIso8601(text, row);
        if (_vector.IsAlive)
            AddVector(text, row);
    }

    /// <summary>The row has nothing here.</summary>
    public void AddMissing(long row)
    {
        if (_blanks++ == 0)
            _firstBlank = row;
    }

    void AddUnixSeconds(ReadOnlySpan<byte> text, long row)
    {
        if (FieldParsers.UnixSeconds(text, out var seconds) == ParseOutcome.Ok)
            _unixExtent.Add(seconds);
        else
            _unixSeconds.Refuse(text, row, "not a 32-bit Unix time", _values);
    }

    void AddBoolean(ReadOnlySpan<byte> text, long row)
    {
        if (FieldParsers.Boolean(text, out _) != ParseOutcome.Ok)
            _boolean.Refuse(text, row, "not true, false, 1 or 0", _values);
        else
            _sawBooleanWord |= FieldParsers.Trim(text).Length > 1;
    }

    void AddNumber(ReadOnlySpan<byte> text, long row)
    {
        var outcome = FieldParsers.Integer(text, out var negative, out var magnitude);
        if (outcome != ParseOutcome.Ok)
        {
            var reason = outcome == ParseOutcome.OutOfRange ? "more digits than 64 bits hold" : "not a whole number";
            _signed.Refuse(text, row, reason, _values);
            _unsigned.Refuse(text, row, reason, _values);
            AddFloat(text, row);
        }
        else if (NumberText.ChangesAsNumber(text) is { } reason)
        {
            _signed.RuleOut(text, row, reason);
            _unsigned.RuleOut(text, row, reason);
            _float.RuleOut(text, row, reason);
        }
        else
        {
            var value = negative ? -(Int128)magnitude : magnitude;
            AddInteger(value, text, row);
            if (magnitude > MostExact)
                AddFloat(text, row);
            else
                AddFloat((double)value);
        }
    }

    void AddInteger(Int128 value, ReadOnlySpan<byte> text, long row)
    {
        if (value > long.MaxValue || value < long.MinValue)
            _signed.Refuse(text, row, "beyond what an Int64 holds", _values);
        else
            _signedExtent.Add(value);
        if (value < 0)
            _unsigned.Refuse(text, row, "below zero, where a UInt64 begins", _values);
        else
            _unsignedExtent.Add(value);
    }

    void AddFloat(ReadOnlySpan<byte> text, long row)
    {
        var outcome = FieldParsers.Float64(text, out var value);
        if (outcome == ParseOutcome.Ok && NumberText.ChangesAsFloat(text, value) is { } reason)
            _float.RuleOut(text, row, reason);
        else if (outcome == ParseOutcome.Ok)
            AddFloat(value);
        else if (outcome != ParseOutcome.OutOfRange && FieldParsers.TryNonFinite(text, out _))
            _sawNonFinite = true;
        else
            _float.Refuse(text, row, outcome == ParseOutcome.OutOfRange ? "beyond what a Float64 holds" : "not a number", _values);
    }

    void AddFloat(double value)
    {
        _sawNumber = true;
        _floatExtent.Add(value);
    }

    void AddIso8601(ReadOnlySpan<byte> text, long row)
    {
        var outcome = FieldParsers.Iso8601(text, out var seconds);
        if (outcome == ParseOutcome.Ok)
            _timeExtent.Add(seconds);
        else
            _iso8601.Refuse(text, row, outcome == ParseOutcome.PrecisionLoss
                ? "has a fraction of a second, which a TIMESTAMP does not keep"
                : "not an ISO 8601 date and time with an offset, from 1970 to 2106", _values);
    }

    void AddVector(ReadOnlySpan<byte> text, long row)
    {
        var length = 0;
        var isVector = VectorReader.Open(text, out var elements) == ParseOutcome.Ok;
        for (; isVector && elements.MoveNext(); length++)
        {
            isVector = FieldParsers.Float64(elements.Current, out var value) == ParseOutcome.Ok;
            if (isVector && NumberText.ChangesAsFloat(elements.Current, value) is { } reason)
            {
                _vector.RuleOut(text, row, $"of one of its numbers: {reason}");
                return;
            }
        }
        if (!isVector)
        {
            _vector.Refuse(text, row, "not a list of numbers", _values);
            return;
        }
        _vectorLengthsDiffer |= _vectorLength >= 0 && length != _vectorLength;
        _vectorLength = length;
    }

    /// <summary>The type that fits most values, the narrowest of equals; a text where none takes any.</summary>
    public ColumnChoice Choose(InferenceOptions options)
    {
        var column = AsText();
        if (_values == 0)
            return new(_isTimestamp ? column with { Type = ColumnType.Timestamp, StorageType = "DateTime" } : column, null);

        var best = (Column: column, Tally: (TypeTally?)null);
        Try(_isTimestamp, _unixSeconds, ColumnType.Timestamp, "DateTime");
        Try(_sawBooleanWord, _boolean, ColumnType.Boolean, "Bool");
        Try(_signedExtent.IsKnown, _signed, ColumnType.Integer, "Int64");
        Try(_unsignedExtent.IsKnown, _unsigned, ColumnType.Integer, "UInt64");
        Try(_sawNumber, _float, ColumnType.Float, "Float64");
        Try(_timeExtent.IsKnown, _iso8601, ColumnType.Timestamp, "DateTime");
        Try(_vectorLength >= 0, _vector, ColumnType.Vector, "Array(Float64)");
        var isFixed = _values > 1 && !_vectorLengthsDiffer && _vectorLength > 0;
        return best.Tally is null ? ChooseText(options) : new(best.Column with
        {
            AllowNonFinite = best.Tally == _float && _sawNonFinite,
            Iso8601 = best.Tally == _iso8601,
            Length = best.Tally == _vector && isFixed ? _vectorLength : null,
        }, best.Tally);

        void Try(bool isSeen, TypeTally tally, ColumnType type, string storage)
        {
            if (isSeen && tally.IsAlive && tally.Refused < _values && (best.Tally is null || tally.Refused < best.Tally.Refused))
                best = (column with { Type = type, StorageType = storage }, tally);
        }
    }

    /// <summary>What takes every value.</summary>
    public ColumnChoice ChooseText(InferenceOptions options)
    {
        var column = AsText();
        return new(!IsCategory(options) ? column : column with
        {
            Type = ColumnType.Category,
            StorageType = "LowCardinality(String)",
            AllowedValues = options.ClosedCategories ? Categories() : [],
        }, null);
    }

    // No row is accepted without an event_id, so there is no such thing as an optional one.
    Column AsText() => new() { Name = name, Type = ColumnType.String, StorageType = "String", Optional = (_blanks > 0 || _values == 0) && name != "event_id" };

    List<string> Categories() => [.. _distinct.Values.Select(v => Encoding.UTF8.GetString(v)).Order(StringComparer.Ordinal)];

    bool IsCategory(InferenceOptions options) =>
        name != "event_id" && !_distinct.Overflowed && !_paddedBlank
        && _distinct.Count <= options.MaxCategories
        && _values >= options.MinCategoryRows
        && _values >= (long)_distinct.Count * options.MinRepetition;

    /// <summary>How the text that stands in the header line looks beside the values below it.</summary>
    public HeaderCell Look(ReadOnlySpan<byte> cell, Column column)
    {
        var fits = column.Type switch
        {
            ColumnType.Integer => FieldParsers.Integer(cell, out _, out _) == ParseOutcome.Ok,
            ColumnType.Float => FieldParsers.Float64(cell, out _) == ParseOutcome.Ok || FieldParsers.TryNonFinite(cell, out _),
            ColumnType.Boolean => FieldParsers.Boolean(cell, out _) == ParseOutcome.Ok,
            ColumnType.Timestamp when column.Iso8601 => FieldParsers.Iso8601(cell, out _) == ParseOutcome.Ok,
            ColumnType.Timestamp => FieldParsers.UnixSeconds(cell, out _) == ParseOutcome.Ok,
            ColumnType.Vector => VectorReader.Open(cell, out _) == ParseOutcome.Ok,
            _ => _values > 0 && !_distinct.Overflowed && _distinct.Contains(cell),
        };
        var isText = column.Type is ColumnType.String or ColumnType.Category;
        return fits ? HeaderCell.Value : isText && !cell.ContainsAnyInRange((byte)'A', (byte)0xFF) ? HeaderCell.Unknown : HeaderCell.Name;
    }

    public ColumnEvidence Evidence(Column column)
    {
        var (minimum, maximum) = column.Type switch
        {
            _ when _values == 0 => (null, null),
            ColumnType.Integer => (column.StorageType == "UInt64" ? _unsignedExtent : _signedExtent).Show(v => v.ToString(CultureInfo.InvariantCulture)),
            ColumnType.Float => _floatExtent.Show(v => v.ToString("R", CultureInfo.InvariantCulture)),
            ColumnType.Timestamp => (column.Iso8601 ? _timeExtent : _unixExtent).Show(Moment),
            _ => ((string?)null, (string?)null),
        };
        return new()
        {
            Values = _values,
            Blanks = _blanks,
            FirstBlankRow = _blanks > 0 ? _firstBlank : null,
            Distinct = _distinct.Count,
            MoreDistinct = _distinct.Overflowed,
            Samples = [.. _distinct.Values.Take(5).Select(v => TypeTally.Shown(v))],
            Categories = column.Type == ColumnType.Category ? Categories() : [],
            Minimum = minimum,
            Maximum = maximum,
            LongestBytes = _longest,
            // Of several ruled out by one row, a number is what it came nearest to.
            RuledOut = [.. new[] { _isTimestamp
                ? _unixSeconds.Evidence
                : null, _boolean.Evidence, _signed.Evidence, _float.Evidence, _iso8601.Evidence, _vector.Evidence }
                .OfType<RuledOut>().Where(r => r.Type != column.TypeName)
                .OrderByDescending(r => r.Row).ThenByDescending(r => r.Type == "FLOAT").ThenByDescending(r => r.Type == "INTEGER")],
        };
    }

    static string Moment(uint seconds) =>
        DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
