using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using Batch.Csv.Schema;

namespace Batch.Tests.Validation;

/// <summary>A field as its writer meant it.</summary>
sealed record ReferenceField(string Value, bool Quoted);

/// <summary>The rules of validation in the plainest words, on strings: what the fast code must agree with.</summary>
static class ReferenceValidator
{
    public sealed record Verdict(IReadOnlyList<string?> Values, IReadOnlyList<(string Column, string Code)> Errors);

    /// <summary>Values are null for NULL, in the order of the columns.</summary>
    /// <param name="fields">The row's fields; null for a row that is none.</param>
    public static Verdict Validate(ModelSchema schema, int[] mapping, IReadOnlyList<ReferenceField> fields, bool padsShortRows)
    {
        var values = new List<string?>();
        var errors = new List<(string, string)>();
        var leavesOutRequired = false;
        foreach (var (column, index) in schema.Columns.Select((column, index) => (column, index)))
        {
            var field = Array.IndexOf(mapping, index);
            var required = !column.Optional || column.Name == "event_id";
            var (value, code) = field >= 0 && field < fields.Count ? Field(column, required, fields[field])
                : (Blank(column), required ? ErrorCodes.MissingColumn : null);
            values.Add(value);
            leavesOutRequired |= code == ErrorCodes.MissingColumn && field >= 0;
            if (code is not null)
                errors.Add((column.Name, code));
        }

        if (fields.Count > mapping.Length)
            errors.Add(($"column {mapping.Length + 1}", ErrorCodes.ExtraColumn));
        else if (fields.Count < mapping.Length && !padsShortRows && !leavesOutRequired)
            errors.Add(("", ErrorCodes.FieldCount));
        return new Verdict(values, errors);
    }

    static string? Blank(Column column) => column.Type == ColumnType.Vector ? "[]" : null;

    static (string? Value, string? Code) Field(Column column, bool required, ReferenceField field)
    {
        if (field is { Value: "\\N", Quoted: false })
            field = new ReferenceField("", false);
        var text = column.Type is ColumnType.String or ColumnType.Category ? field.Value : field.Value.Trim(' ', '\t');
        if (column is { Type: ColumnType.String, Name: "event_id" } && text.Trim(' ', '\t').Length == 0)
            text = "";
        if (text.Length == 0)
        {
            if (required)
                return (null, column.Name == "event_id" ? ErrorCodes.InvalidEventId : ErrorCodes.NullValue);
            return (column.Type == ColumnType.String && field.Quoted ? ReferenceTypes.Filled(column, "") : Blank(column), null);
        }

        if (ReferenceTypes.IsTooLong(column, text) && !text.Contains('\0', StringComparison.Ordinal))
            return (null, ErrorCodes.OutOfRange);
        if (text.Contains('\0', StringComparison.Ordinal) && (column.Type == ColumnType.String || column is { Type: ColumnType.Category, AllowedValues: [] }))
            return (null, ErrorCodes.InvalidEncoding);
        var (value, code) = column.Type switch
        {
            ColumnType.String => (ReferenceTypes.Filled(column, text), null),
            ColumnType.Category => column.AllowedValues.Count == 0 || column.AllowedValues.Contains(text)
                ? (ReferenceTypes.Filled(column, text), null)
                : (null, ErrorCodes.NotACategory),
            ColumnType.Boolean => text.ToUpperInvariant() switch
            {
                "TRUE" or "1" => ("1", null),
                "FALSE" or "0" => ("0", null),
                _ => (null, ErrorCodes.NotABoolean),
            },
            ColumnType.Integer => Integer(column, text),
            ColumnType.Float => Float(column, text, column.StorageType == "Float32"),
            ColumnType.Timestamp => ReferenceTypes.Timestamp(column, text),
            ColumnType.Vector => Vector(column, text),
            _ => ReferenceTypes.Value(column, text),
        };
        return code is not null && text.Contains('\0', StringComparison.Ordinal) ? (null, ErrorCodes.InvalidEncoding) : (value, code);
    }

    public static (string? Value, string? Code) Integer(Column column, string text)
    {
        if (!Regex.IsMatch(text, @"^[+-]?[0-9]+\z"))
            return (null, ErrorCodes.NotAnInteger);
        var value = BigInteger.Parse(text, CultureInfo.InvariantCulture);
        var bits = int.Parse(Regex.Match(column.StorageType, "[0-9]+").Value, CultureInfo.InvariantCulture);
        var (low, high) = column.StorageType.StartsWith('U')
            ? (0, BigInteger.Pow(2, bits) - 1)
            : (-BigInteger.Pow(2, bits - 1), BigInteger.Pow(2, bits - 1) - 1);
        return value < low || value > high || (double)value < column.Minimum || (double)value > column.Maximum
            ? (null, ErrorCodes.OutOfRange)
            : (value.ToString(CultureInfo.InvariantCulture), null);
    }

    static (string?, string?) Float(Column column, string text, bool narrow)
    {
        if (column.AllowNonFinite && Regex.IsMatch(text, @"^(nan|[+-]?inf(inity)?)\z", RegexOptions.IgnoreCase))
        {
            var special = text.ToUpperInvariant() is "NAN" ? double.NaN : text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
            return special < column.Minimum || special > column.Maximum
                ? (null, ErrorCodes.OutOfRange)
                : (special.ToString(CultureInfo.InvariantCulture), null);
        }

        if (!Regex.IsMatch(text, @"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\z"))
            return (null, ErrorCodes.NotAFloat);
        var value = double.Parse(text, CultureInfo.InvariantCulture);
        var value32 = float.Parse(text, CultureInfo.InvariantCulture);
        return double.IsInfinity(value) || (narrow && float.IsInfinity(value32)) || value < column.Minimum || value > column.Maximum
            ? (null, ErrorCodes.OutOfRange)
            : (narrow ? value32.ToString(CultureInfo.InvariantCulture) : value.ToString(CultureInfo.InvariantCulture), null);
    }

    static (string?, string?) Vector(Column column, string text)
    {
        char[] white = [' ', '\t', '\r', '\n'];
        text = text.Trim(white);
        if (text is not ['[', .., ']'])
            return (null, ErrorCodes.NotAVector);
        var inner = text[1..^1].Trim(white);
        var elements = inner.Length == 0 ? [] : inner.Split(',').Select(
            element => Float(column, element.Trim(white), column.StorageType == "Array(Float32)")).ToArray();
        if (elements.Any(element => element.Item2 == ErrorCodes.NotAFloat) || (column.Length is { } length && length != elements.Length))
            return (null, ErrorCodes.NotAVector);
        return elements.Any(element => element.Item2 is not null)
            ? (null, ErrorCodes.OutOfRange)
            : ($"[{string.Join(',', elements.Select(element => element.Item1))}]", null);
    }
}
