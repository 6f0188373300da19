using System.Text;
using Batch.Csv.Schema;

namespace Batch.Csv.Validation;

/// <summary>Why a header line misses everything: another separator, a line before it that is no header, or a row where it should be.</summary>
public static class HeaderCause
{
    const int MaxColumns = 10_000;

    static readonly (byte Byte, string Reading, string Argument)[] Separators =
    [
        ((byte)',', "','", "','"), ((byte)';', "';'", "';'"), ((byte)'\t', "tabs", "tab"), ((byte)'|', "'|'", "'|'"),
    ];

    /// <summary>Holds a file's header line against a model, and names what is likely wrong with the line as a whole.</summary>
    /// <param name="header">As it was read.</param>
    /// <param name="dialect">With which it was read.</param>
    /// <param name="schema">The model.</param>
    /// <param name="ignoreExtraColumns">Columns that are not in the model are skipped.</param>
    public static HeaderMapping Map(CsvHeader header, CsvDialect dialect, ModelSchema schema, bool ignoreExtraColumns)
    {
        var delimiter = dialect.Delimiter;
        var mapping = ColumnMapping.Map(header.Names, schema, ignoreExtraColumns);
        if (mapping.Fits || Of(header, delimiter, schema, Known(mapping)) is not { } cause)
            return mapping;
        // Said once for the file, with the first fault: there may be a fault for every column.
        var first = mapping.Faults[0];
        return mapping with { Cause = cause, Faults = [first with { Message = $"{first.Message} {cause}" }, .. mapping.Faults.Skip(1)] };
    }

    static string? Of(CsvHeader header, byte delimiter, ModelSchema schema, int known)
    {
        if (SeparatorLine(header.RawLine) is { } named)
        {
            var remedy = Separators.FirstOrDefault(separator => separator.Byte == named && named != delimiter) is { Argument: { } argument }
                ? $" and {Add(argument)}"
                : "";
            return $"The first line is Excel's separator line '{Encoding.UTF8.GetString(header.RawLine).Trim().Trim('"')}': remove it{remedy}.";
        }
        var best = Separators
            .Where(separator => separator.Byte != delimiter && header.RawLine.Contains(separator.Byte))
            .Select(separator => (separator.Reading, separator.Argument, Mapping: Read(header.RawLine, separator.Byte, schema)))
            .Where(reading => reading.Mapping is not null && Known(reading.Mapping) > known)
            .OrderByDescending(reading => Known(reading.Mapping!))
            .FirstOrDefault();
        if (best.Mapping is null)
            return known == 0 && IsRow(header, delimiter, schema)
                ? "The first line is a row that fits the model, not a header line: put a line of column names before it."
                : null;
        var (found, all) = (Known(best.Mapping), schema.Columns.Count);
        var has = found < all ? $"{found} of the model's {all} columns" : all == 1 ? "the model's column" : $"all {all} columns";
        return $"Line 1 read with {best.Reading} has {has}: {Add(best.Argument)}.";
    }

    /// <summary>Its fields are values of the model's columns, in their order. Where all columns are texts, any line would be one.</summary>
    static bool IsRow(CsvHeader header, byte delimiter, ModelSchema schema)
    {
        if (header.Names.Count != schema.Columns.Count || schema.Columns.All(column => column.Type is ColumnType.String))
            return false;
        using var validator = new ChunkValidator();
        var mapping = Enumerable.Range(0, schema.Columns.Count).ToArray();
        var row = new ChunkRows
        {
            Bytes = header.RawLine, Count = 1, FirstRow = 1, FirstLine = 1, Mapping = mapping,
            Dialect = new(delimiter, header.RawLine.Length, IsOneColumn: mapping.Length == 1),
        };
        return validator.Validate(row, schema, default).Errors == 0;
    }

    /// <summary>What Excel writes before the header line for itself: <c>sep=;</c>, in quotes or not.</summary>
    static byte? SeparatorLine(ReadOnlySpan<byte> line)
    {
        line = line.Trim(" \""u8);
        return line.Length == 5 && Ascii.EqualsIgnoreCase(line[..4], "sep="u8) ? line[4] : null;
    }

    static HeaderMapping? Read(byte[] line, byte delimiter, ModelSchema schema)
    {
        try
        {
            return ColumnMapping.Map(CsvHeader.Parse(line, new(delimiter, Math.Max(line.Length, 1)), MaxColumns).Names, schema, ignoreExtraColumns: true);
        }
        catch (CsvFileException)
        {
            return null;
        }
    }

    static int Known(HeaderMapping mapping) => mapping.Mapping.Where(column => column >= 0).Distinct().Count();

    /// <summary>As the command line says it, and as a request does.</summary>
    static string Add(string argument) => $"add --delimiter {argument} (in a request: delimiter={argument.Trim('\'')})";
}
