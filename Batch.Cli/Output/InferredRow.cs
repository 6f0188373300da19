using Batch.Csv.Inference;

namespace Batch.Cli.Output;

/// <summary>A column as it was found in a file, for scripts: its type and what that rests on.</summary>
internal sealed record InferredRow(
    string Name, string Type, string ClickhouseType, bool Required, long Values, long Blanks, long? FirstBlankRow, int Distinct, bool MoreDistinct,
    string? Minimum, string? Maximum, int LongestBytes, IReadOnlyList<string> Samples, IReadOnlyList<string> AllowedValues,
    IReadOnlyList<string> Categories, IReadOnlyList<RuledOut> RuledOut,
    RuledOut? Misfits)
{
    public static InferredRow Of(InferredColumn found)
    {
        var (column, evidence, misfits) = found;
        return new(column.Name, column.TypeName, column.ClickHouseType, !column.Optional, evidence.Values, evidence.Blanks, evidence.FirstBlankRow,
            evidence.Distinct, evidence.MoreDistinct, evidence.Minimum, evidence.Maximum, evidence.LongestBytes, evidence.Samples, column.AllowedValues,
            evidence.Categories, evidence.RuledOut, misfits);
    }
}
