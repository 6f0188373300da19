using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Batch.Csv.Schema;

/// <summary>Turns <c>minimum</c>, <c>maximum</c> and their exclusive forms into inclusive bounds that a double holds exactly.</summary>
/// <remarks>
/// Bounds are kept as doubles, which hold whole numbers exactly only up to 2^53. An integer bound beyond that which does not happen
/// to be exact is refused, because rounding it would let in, or keep out, values that the schema says otherwise about. A bound that the
/// width of the column implies anyway is dropped.
/// </remarks>
internal static class NumericBounds
{
    const string UnixSecondsMaximum = "4294967295";

    public static Column Apply(Column column, Keywords keywords)
    {
        var (minimum, minimumExclusive, minimumName) = Bound(keywords, "minimum", "exclusiveMinimum");
        var (maximum, maximumExclusive, maximumName) = Bound(keywords, "maximum", "exclusiveMaximum");
        if (minimum is null && maximum is null)
            return column;
        var bounded = column.Type switch
        {
            ColumnType.Integer => column with
            {
                Minimum = minimum is null ? null : Integer(minimum, column.StorageType, lower: true, minimumExclusive, keywords.PathOf(minimumName)),
                Maximum = maximum is null ? null : Integer(maximum, column.StorageType, lower: false, maximumExclusive, keywords.PathOf(maximumName)),
            },
            ColumnType.Float => column with
            {
                Minimum = minimum is null ? null : Float(minimum, lower: true, minimumExclusive, keywords.PathOf(minimumName)),
                Maximum = maximum is null ? null : Float(maximum, lower: false, maximumExclusive, keywords.PathOf(maximumName)),
            },
            ColumnType.Decimal => column with
            {
                Minimum = minimum is null ? null : Decimal(minimum, column.StorageType, lower: true, minimumExclusive, keywords.PathOf(minimumName)),
                Maximum = maximum is null ? null : Decimal(maximum, column.StorageType, lower: false, maximumExclusive, keywords.PathOf(maximumName)),
            },
            ColumnType.Timestamp => Timestamp(column, keywords, minimum, minimumName, maximum, maximumName),
            _ => throw keywords.NotFor(minimum is null ? maximumName : minimumName, column, "an INTEGER, a FLOAT or a DECIMAL"),
        };
        if (bounded is { Minimum: { } low, Maximum: { } high } && low > high)
            throw SchemaFaults.Invalid(keywords.PathOf(minimumName), "is above the maximum, so no row could ever be accepted");
        return bounded;
    }

    /// <summary>
    /// The one bound there is, as written. Draft 4 has <c>exclusiveMinimum: true</c> beside <c>minimum</c>, later drafts a number of its own.
    /// </summary>
    static (string? Text, bool Exclusive, string Name) Bound(Keywords keywords, string name, string exclusiveName)
    {
        var inclusive = keywords[name];
        var exclusive = keywords[exclusiveName];
        if (exclusive is { ValueKind: JsonValueKind.True or JsonValueKind.False } flag)
            return (inclusive is null ? null : Number(inclusive.Value, keywords.PathOf(name)), flag.ValueKind == JsonValueKind.True, name);
        if (inclusive is not null && exclusive is not null)
            throw SchemaFaults.Invalid(keywords.PathOf(exclusiveName), $"stands beside {name}; keep one of the two");
        if (exclusive is not null)
            return (Number(exclusive.Value, keywords.PathOf(exclusiveName)), true, exclusiveName);
        return (inclusive is null ? null : Number(inclusive.Value, keywords.PathOf(name)), false, name);
    }

    static string Number(JsonElement value, string path) => value.ValueKind == JsonValueKind.Number
        ? value.GetRawText()
        : throw SchemaFaults.Invalid(path, $"is {SchemaFaults.Describe(value)}, and a number is wanted");

    static double? Integer(string text, string storageType, bool lower, bool exclusive, string path)
    {
        var (widthMin, widthMax) = IntegerWidth.Range(storageType);
        var isWhole = false;
        var whole = DecimalText.Read(text)?.Units(scale: 0, roundUp: lower, out isWhole) ?? (text.StartsWith('-') ? widthMin - 1 : widthMax + 1);
        if (exclusive && isWhole)
            whole += lower ? 1 : -1;
        if (lower ? whole > widthMax : whole < widthMin)
            throw SchemaFaults.Invalid(path,
                $"no {storageType} ({widthMin} to {widthMax}) can be {(lower ? "that high" : "that low")}, so no row could ever be accepted");
        if (lower ? whole <= widthMin : whole >= widthMax)
            return null;
        // BigInteger's own conversion cuts off; parsing rounds to the nearest.
        var bound = double.Parse(whole.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        if (new BigInteger(bound) != whole)
            throw SchemaFaults.Invalid(path,
                $"the bound {whole} cannot be kept exactly (whole numbers beyond 9007199254740992 are kept in steps); the nearest that can is {new BigInteger(bound)}, or leave it out");
        return bound;
    }

    static double Float(string text, bool lower, bool exclusive, string path)
    {
        var number = double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        if (!double.IsFinite(number))
            throw SchemaFaults.Invalid(path, "is beyond what a Float64 can hold; leave it out");
        // Of doubles, "above x" and "from the next one after x on" are the same.
        return !exclusive ? number : lower ? Math.BitIncrement(number) : Math.BitDecrement(number);
    }

    /// <summary>The bound is a number of the column's scale, written as the shortest text of the double that keeps it.</summary>
    static double Decimal(string text, string storageType, bool lower, bool exclusive, string path)
    {
        if (DecimalText.Read(text) is not { } number)
            throw SchemaFaults.Invalid(path, "is beyond what any column can hold; leave it out");
        var scale = StorageTypes.Decimal(storageType).Scale;
        var units = number.Units(scale, roundUp: lower, out var isExact);
        if (exclusive && isExact)
            units += lower ? 1 : -1;
        var bound = double.Parse($"{units}e-{scale}", NumberStyles.Float, CultureInfo.InvariantCulture);
        if (DecimalText.Of(bound)?.Units(scale, roundUp: lower, out isExact) != units || !isExact)
            throw SchemaFaults.Invalid(path, $"the bound {text} cannot be kept exactly: a bound has about 16 digits; leave it out, or write fewer");
        return bound;
    }

    /// <summary>Every 32-bit second is accepted, so only bounds that say just this are taken.</summary>
    static Column Timestamp(Column column, Keywords keywords, string? minimum, string minimumName, string? maximum, string maximumName)
    {
        if (minimum is not null && double.Parse(minimum, CultureInfo.InvariantCulture) > 0)
            throw SchemaFaults.Invalid(keywords.PathOf(minimumName),
                "a TIMESTAMP is any 32-bit Unix time; bounds are not enforced on it, take it out or make it 0");
        if (maximum is not null && double.Parse(maximum, CultureInfo.InvariantCulture) < uint.MaxValue)
            throw SchemaFaults.Invalid(keywords.PathOf(maximumName),
                $"a TIMESTAMP is any 32-bit Unix time; bounds are not enforced on it, take it out or make it {UnixSecondsMaximum}");
        return column;
    }
}
