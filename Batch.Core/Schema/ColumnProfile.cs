using System.Globalization;
using System.Text;
using Batch.Core.Validation;

namespace Batch.Core.Schema;

/// <summary>What one column of a file has held so far, and which types would still accept all of it.</summary>
/// <remarks>
/// All types start alive; a value that one of them would refuse rules it out for good and is kept as the evidence. A value is only held
/// against types still alive, by the very parsers that validation uses, so a settled column costs one parse a value, a text column none.
/// Invariant: while INTEGER is alive so is FLOAT, since FLOAT reads every 64-bit whole number.
/// Beyond what the parsers say, INTEGER and FLOAT are ruled out where they would change a value: a leading zero (a postcode), a plus
/// before many digits (a phone number), more digits than 64 bits hold (a card number).
/// </remarks>
sealed class ColumnProfile(string name)
{
    [Flags]
    enum Types : byte { None = 0, Boolean = 1, Integer = 2, Float = 4, Timestamp = 8, Vector = 16, UnixSeconds = 32 }

    /// <summary>Shorter than any phone number, longer than most numbers with a sign.</summary>
    const int PhoneDigits = 7;

    readonly bool _isTimestamp = name == "timestamp";
    readonly DistinctValues _distinct = new();
    readonly List<RuledOut> _ruledOut = [];

    Types _alive = Types.Boolean | Types.Integer | Types.Float | Types.Timestamp | Types.Vector | (name == "timestamp" ? Types.UnixSeconds : 0);
    long _values;
    long _blanks;
    long _firstBlank;
    bool _paddedBlank;
    int _longest;
    bool _sawBooleanWord;
    bool _sawNumber;
    bool _sawNonFinite;
    Int128 _lowest = Int128.MaxValue, _highest = Int128.MinValue;
    double _floatLowest = double.PositiveInfinity, _floatHighest = double.NegativeInfinity;
    uint _earliest = uint.MaxValue, _latest;
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
        if (_alive != Types.None)
            Narrow(text, row);
    }

    /// <summary>The row ended before this column.</summary>
    public void AddMissing(long row)
    {
        if (_blanks++ == 0)
            _firstBlank = row;
    }

    void Narrow(ReadOnlySpan<byte> text, long row)
    {
        if ((_alive & Types.UnixSeconds) != 0)
            AddUnixSeconds(text, row);
        if ((_alive & Types.Boolean) != 0)
            AddBoolean(text, row);
        if ((_alive & Types.Integer) != 0)
            AddInteger(text, row);
        else if ((_alive & Types.Float) != 0)
            AddFloat(text, row);
        if ((_alive & Types.Timestamp) != 0)
            AddIso8601(text, row);
        if ((_alive & Types.Vector) != 0)
            AddVector(text, row);
    }

    void AddUnixSeconds(ReadOnlySpan<byte> text, long row)
    {
        if (FieldParsers.UnixSeconds(text, out var seconds) == ParseVerdict.Ok)
            (_earliest, _latest) = (Math.Min(_earliest, seconds), Math.Max(_latest, seconds));
        else
            RuleOut(Types.UnixSeconds, "TIMESTAMP (Unix seconds)", text, row, "not a 32-bit Unix time");
    }

    void AddBoolean(ReadOnlySpan<byte> text, long row)
    {
        if (FieldParsers.Boolean(text, out _) != ParseVerdict.Ok)
            RuleOut(Types.Boolean, "BOOLEAN", text, row, "not true, false, 1 or 0");
        else
            _sawBooleanWord |= FieldParsers.Trim(text).Length > 1;
    }

    void AddInteger(ReadOnlySpan<byte> text, long row)
    {
        switch (FieldParsers.Integer(text, out var negative, out var magnitude))
        {
            case ParseVerdict.Ok when ChangesAsNumber(text) is { } reason:
                RuleOutNumbers(text, row, reason);
                break;
            case ParseVerdict.Ok:
                var value = negative ? -(Int128)magnitude : magnitude;
                var (lowest, highest) = (Int128.Min(_lowest, value), Int128.Max(_highest, value));
                if (lowest < long.MinValue || (lowest < 0 && highest > long.MaxValue))
                {
                    RuleOutNumbers(text, row, "not within 64 bits together with the other values, and a FLOAT would round it");
                    break;
                }
                _sawNumber = true;
                (_lowest, _highest) = (lowest, highest);
                break;
            case ParseVerdict.OutOfRange:
                RuleOutNumbers(text, row, "more digits than 64 bits hold, and a FLOAT would round them");
                break;
            default:
                if (_sawNumber)
                    (_floatLowest, _floatHighest) = ((double)_lowest, (double)_highest);
                RuleOut(Types.Integer, "INTEGER", text, row, "not a whole number");
                AddFloat(text, row);
                break;
        }
    }

    void AddFloat(ReadOnlySpan<byte> text, long row)
    {
        if (FieldParsers.Float64(text, out var value) == ParseVerdict.Ok)
        {
            if (ChangesAsNumber(text) is { } reason)
            {
                RuleOutNumbers(text, row, reason);
                return;
            }
            _sawNumber = true;
            (_floatLowest, _floatHighest) = (Math.Min(_floatLowest, value), Math.Max(_floatHighest, value));
        }
        else if (FieldParsers.TryNonFinite(text, out _))
            _sawNonFinite = true;
        else
            RuleOut(Types.Float, "FLOAT", text, row, "not a number");
    }

    /// <summary>Why a number would not come back as the text it was; null where it would, or where nobody minds.</summary>
    static string? ChangesAsNumber(ReadOnlySpan<byte> text)
    {
        text = FieldParsers.Trim(text);
        var digits = text[0] is (byte)'-' or (byte)'+' ? text[1..] : text;
        if (digits.Length > 1 && digits[0] == '0' && char.IsAsciiDigit((char)digits[1]))
            return "its leading zero would be lost";
        return text[0] == '+' && digits.Length >= PhoneDigits && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            ? "looks like a phone number, whose plus would be lost"
            : null;
    }

    void AddIso8601(ReadOnlySpan<byte> text, long row)
    {
        var verdict = FieldParsers.Iso8601(text, out var seconds);
        if (verdict == ParseVerdict.Ok)
            (_earliest, _latest) = (Math.Min(_earliest, seconds), Math.Max(_latest, seconds));
        else
            RuleOut(Types.Timestamp, "TIMESTAMP", text, row, verdict == ParseVerdict.PrecisionLoss
                ? "its fraction of a second would be lost"
                : "not an ISO 8601 date and time with an offset, from 1970 to 2106");
    }

    void AddVector(ReadOnlySpan<byte> text, long row)
    {
        var length = 0;
        var isVector = VectorReader.Open(text, out var elements) == ParseVerdict.Ok;
        for (; isVector && elements.MoveNext(); length++)
            isVector = FieldParsers.Float64(elements.Current, out _) == ParseVerdict.Ok;
        if (!isVector)
        {
            RuleOut(Types.Vector, "VECTOR", text, row, "not a list of numbers");
            return;
        }
        _vectorLengthsDiffer |= _vectorLength >= 0 && length != _vectorLength;
        _vectorLength = length;
    }

    void RuleOutNumbers(ReadOnlySpan<byte> text, long row, string reason)
    {
        if ((_alive & Types.Integer) != 0)
            RuleOut(Types.Integer, "INTEGER", text, row, reason);
        RuleOut(Types.Float, "FLOAT", text, row, reason);
    }

    void RuleOut(Types type, string typeName, ReadOnlySpan<byte> text, long row, string reason)
    {
        _alive &= ~type;
        _ruledOut.Add(new(typeName, row, Shown(text), reason));
    }

    /// <summary>The narrowest type that accepts every value, and why.</summary>
    public InferredColumn Decide(InferenceOptions options)
    {
        // No row is accepted without an event_id, so there is no such thing as an optional one.
        var column = Typed(options) with { Optional = (_blanks > 0 || _values == 0) && name != "event_id" };
        return new(column, Evidence(column));
    }

    Column Typed(InferenceOptions options)
    {
        if (_isTimestamp && (_alive & Types.UnixSeconds) != 0)
            return new() { Name = name, Type = ColumnType.Timestamp, StorageType = "DateTime" };
        if (_values == 0)
            return new() { Name = name, Type = ColumnType.String, StorageType = "String" };
        if ((_alive & Types.Boolean) != 0 && _sawBooleanWord)
            return new() { Name = name, Type = ColumnType.Boolean, StorageType = "Bool" };
        if ((_alive & Types.Integer) != 0)
            return new() { Name = name, Type = ColumnType.Integer, StorageType = _highest > long.MaxValue ? "UInt64" : "Int64" };
        if ((_alive & Types.Float) != 0 && _sawNumber)
            return new() { Name = name, Type = ColumnType.Float, StorageType = "Float64", AllowNonFinite = _sawNonFinite };
        if ((_alive & Types.Timestamp) != 0)
            return new() { Name = name, Type = ColumnType.Timestamp, StorageType = "DateTime", Iso8601 = true };
        if ((_alive & Types.Vector) != 0)
        {
            var isFixed = _values > 1 && !_vectorLengthsDiffer && _vectorLength > 0;
            return new() { Name = name, Type = ColumnType.Vector, StorageType = "Array(Float64)", Length = isFixed ? _vectorLength : null };
        }
        return IsCategory(options)
            ? new() { Name = name, Type = ColumnType.Category, StorageType = "LowCardinality(String)", AllowedValues = [.. _distinct.Values.Select(v => Encoding.UTF8.GetString(v)).Order(StringComparer.Ordinal)] }
            : new() { Name = name, Type = ColumnType.String, StorageType = "String" };
    }

    bool IsCategory(InferenceOptions options) =>
        name != "event_id" && !_distinct.Overflowed && !_paddedBlank
        && _distinct.Count <= options.MaxCategories
        && _values >= options.MinCategoryRows
        && _values >= (long)_distinct.Count * options.MinRepetition;

    ColumnEvidence Evidence(Column column)
    {
        var (minimum, maximum) = column.Type switch
        {
            _ when _values == 0 => (null, null),
            ColumnType.Integer => (_lowest.ToString(CultureInfo.InvariantCulture), _highest.ToString(CultureInfo.InvariantCulture)),
            ColumnType.Float => (_floatLowest.ToString("R", CultureInfo.InvariantCulture), _floatHighest.ToString("R", CultureInfo.InvariantCulture)),
            ColumnType.Timestamp => (Moment(_earliest), Moment(_latest)),
            _ => ((string?)null, (string?)null),
        };
        return new()
        {
            Values = _values,
            Blanks = _blanks,
            FirstBlankRow = _blanks > 0 ? _firstBlank : null,
            Distinct = _distinct.Count,
            MoreDistinct = _distinct.Overflowed,
            Samples = [.. _distinct.Values.Take(5).Select(v => Shown(v))],
            Minimum = minimum,
            Maximum = maximum,
            LongestBytes = _longest,
            // Of several ruled out by one row, a number is what it came nearest to.
            RuledOut = [.. _ruledOut.Where(r => r.Type != column.TypeName)
                .OrderByDescending(r => r.Row).ThenByDescending(r => r.Type == "FLOAT").ThenByDescending(r => r.Type == "INTEGER")],
        };
    }

    static string Moment(uint seconds) =>
        DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>At most 256 bytes, cut between characters.</summary>
    static string Shown(ReadOnlySpan<byte> text)
    {
        if (text.Length > DistinctValues.MaxBytes)
        {
            var end = DistinctValues.MaxBytes;
            while (end > 0 && (text[end] & 0xC0) == 0x80)
                end--;
            text = text[..end];
        }
        return Encoding.UTF8.GetString(text);
    }
}
