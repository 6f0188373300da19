using System.Globalization;
using Batch.Csv.Schema;
using Batch.Csv.Validation.Rejects;

namespace Batch.Csv.Validation;

/// <summary>Holds a file's header against a model. The order of the columns is free, the names are matched exactly.</summary>
/// <remarks>A name that is only near one of the model's is never taken for it, but what is said names both.</remarks>
public static class ColumnMapping
{
    /// <summary>The type shown for a column that no schema knows: it is text.</summary>
    internal const string UnknownType = "STRING";

    /// <summary>Of so many columns at most the likely cause is repeated for the whole header: each fault says its own.</summary>
    const int MaxCauses = 3;
    /// <summary>They travel with a small upload's record and are read with its job.</summary>
    const int MaxWarnings = 20;

    /// <summary>Maps each column of the file to one of the model, or says why that cannot be done: one fault per column.</summary>
    /// <param name="names">The header's names, trimmed and without quotes; blank ones as empty strings.</param>
    /// <param name="schema">The model.</param>
    /// <param name="ignoreExtraColumns">Columns that are not in the model are skipped, named or not; true too where the schema says so.</param>
    public static HeaderMapping Map(IReadOnlyList<string> names, ModelSchema schema, bool ignoreExtraColumns)
    {
        ignoreExtraColumns |= schema.IgnoreExtraColumns;
        var indexes = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < schema.Columns.Count; i++)
            indexes.Add(schema.Columns[i].Name, i);

        var there = new HashSet<string>(names, StringComparer.Ordinal);
        var near = new NearNames(names.Where(name => !indexes.ContainsKey(name)),
            schema.Columns.Select(column => column.Name).Where(name => !there.Contains(name)));
        var faults = new List<RejectEntry>();
        var ignored = new List<string>();
        var mapping = new int[names.Count];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < names.Count; i++)
        {
            var name = names[i];
            mapping[i] = indexes.GetValueOrDefault(name, -1);
            if (mapping[i] < 0 && ignoreExtraColumns)
            {
                ignored.Add(name.Length == 0 ? NameOf(i) : name);
                continue;
            }
            var type = mapping[i] < 0 ? UnknownType : schema.Columns[mapping[i]].TypeName;
            if (name.Length == 0)
                Add(ErrorCodes.BlankHeader, NameOf(i), type);
            else if (!seen.Add(name))
                Add(ErrorCodes.DuplicateColumn, name, type);
            else if (mapping[i] < 0)
                Add(ErrorCodes.ExtraColumn, name, type);
        }

        foreach (var column in schema.Columns)
            if (column.MustHaveValue() && !seen.Contains(column.Name))
                Add(ErrorCodes.MissingColumn, column.Name, column.TypeName);
        // Where all columns are optional and others are ignored, anything would pass for a header, and every row would be one of NULLs.
        if (faults.Count == 0 && Array.TrueForAll(mapping, column => column < 0))
            Add(ErrorCodes.NoKnownColumn, "", "");
        if (faults.Count > 0)
            return new(mapping, faults)
            {
                Cause = near.Count == 0
                ? null
                : string.Join(" ", near.Pairs.Take(MaxCauses).Select(pair => NearNames.Sentence(pair.File, pair.Model)))
            };
        return new(mapping, faults) { Ignored = [.. ignored.Take(HeaderMapping.MaxIgnored)], Warnings = Warnings(ignored.Count, near) };

        void Add(string error, string column, string type)
        {
            var message = RejectMessages.For(error, column, type);
            if (error is ErrorCodes.MissingColumn or ErrorCodes.ExtraColumn && near.SentenceOf(column) is { } hint)
                message += " " + hint;
            faults.Add(new RejectEntry(0, 1, faults.Count, null, column, type, error, null, message));
        }
    }

    static List<string> Warnings(int ignored, NearNames near)
    {
        var warnings = near.Pairs.Take(MaxWarnings)
            .Select(pair => $"The column {NameKey.Show(pair.File)} was ignored and the model's {NameKey.Show(pair.Model)} was filled with nothing: "
                + $"{NearNames.Difference(pair.File, pair.Model)}.")
            .ToList();
        if (near.Count > MaxWarnings)
            warnings.Add($"{near.Count - MaxWarnings} more ignored columns are near columns of the model that were filled with nothing.");
        if (ignored > HeaderMapping.MaxIgnored)
            warnings.Add($"{ignored} columns were ignored; the first {HeaderMapping.MaxIgnored} are named.");
        return warnings;
    }

    /// <summary>What a column of the file is called that has no name of its own: "column 7" is the seventh.</summary>
    internal static string NameOf(int fileColumn) => string.Create(CultureInfo.InvariantCulture, $"column {fileColumn + 1}");
}
