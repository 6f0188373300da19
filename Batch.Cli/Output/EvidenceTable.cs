using System.Globalization;
using Batch.Csv.Inference;
using Batch.Csv.Schema;

namespace Batch.Cli.Output;

/// <summary>Why each column of a file has the type it has: how many values, which, and the row that a narrower type would refuse.</summary>
internal static class EvidenceTable
{
    const int ShownCategories = 12;
    const int ShownSamples = 3;
    const int MaxValue = 32;

    /// <param name="width">Columns of the terminal; 0: as wide as it takes.</param>
    public static void Write(IReadOnlyList<InferredColumn> columns, TextWriter output, int width)
    {
        var table = new TextTable(width).Column("COLUMN", 11, cutTo: 8).Column("TYPE", 9).Column("CLICKHOUSE", 10, cutTo: 10, optional: true)
            .Column("REQUIRED", 8).Column("VALUES", 7, right: true).Column("BLANK", 5, right: true).Column("EVIDENCE", 40, wrap: true);
        foreach (var (column, evidence, _) in columns)
            table.Row(column.Name, column.TypeName, column.ClickHouseType, column.Optional ? "no" : "yes",
                Names.Number(evidence.Values), Names.Number(evidence.Blanks), Explain(column, evidence));
        table.Write(output);
    }

    /// <summary>What is true of the whole file.</summary>
    public static string Sentence(InferredSchema inferred)
    {
        var separator = inferred.Delimiter == '\t' ? "tab" : inferred.Delimiter.ToString();
        var rows = Names.Count(inferred.Rows, "row");
        var read = inferred.IsSample ? $"Only the first {rows} were read; those after them may not fit." : inferred.Rows == 0 ? "No rows." : $"{rows}.";
        var fit = inferred.Rows == 0 || inferred.IsSample ? ""
            : inferred.MisfitRows > 0
                ? $" At least {Names.Number(inferred.Rows - inferred.RejectedRows - inferred.MisfitRows)} fit this schema{(inferred.RejectedRows == 0 ? "." : $", {Names.Number(inferred.RejectedRows)} would fit none.")}"
            : inferred.RejectedRows == 0 ? $" {(inferred.Rows == 1 ? "It fits" : "All fit")} this schema."
            : $" {Names.Number(inferred.Rows - inferred.RejectedRows)} fit this schema, {Names.Number(inferred.RejectedRows)} would fit none.";
        return $"{read}{fit} {Names.Count(inferred.Columns.Count, "column")}, separated by {separator}";
    }

    internal static string Explain(Column column, ColumnEvidence evidence)
    {
        var parts = new List<string>();
        if (evidence.Values == 0)
            parts.Add("no values, so nothing is known");
        else if (column.Type == ColumnType.Category)
            parts.Add($"{Names.Count(evidence.Distinct, "value")}: {Listed(evidence.Categories, ShownCategories)}");
        else
        {
            if (evidence.Minimum is { } minimum)
                parts.Add(minimum == evidence.Maximum ? minimum : $"{minimum} to {evidence.Maximum}");
            if (column.Length is { } length)
                parts.Add($"{length.ToString(CultureInfo.InvariantCulture)} numbers each");
            var different = evidence.MoreDistinct ? $"more than {evidence.Distinct} different" : $"{Names.Number(evidence.Distinct)} different";
            parts.Add(evidence.Minimum is null ? $"{different}: {Listed(evidence.Samples, ShownSamples, evidence.Distinct)}" : different);
        }
        if (evidence.RuledOut is [var decisive, ..] && column.Type is not (ColumnType.Boolean or ColumnType.Vector or ColumnType.Timestamp))
            parts.Add($"not {decisive.Type} because of row {Names.Number(decisive.Row)}: {Quoted(decisive.Value)}, {decisive.Reason}");
        if (evidence.FirstBlankRow is { } blank && evidence.Values > 0)
            parts.Add($"first blank in row {Names.Number(blank)}");
        return string.Join("; ", parts);
    }

    static string Listed(IReadOnlyList<string> values, int most, int? of = null) =>
        string.Join(", ", values.Take(most).Select(Quoted)) + ((of ?? values.Count) > most ? ", .." : "");

    static string Quoted(string value) => TextWidth.Cut(CliJson.Quote(value), MaxValue);
}
