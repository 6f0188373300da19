using System.Text.Json.Serialization;

namespace Batch.Core.Jobs.Audit;

/// <summary>The row numbers of a job in the tables, as sets.</summary>
/// <param name="Rows">Rows in the model's table.</param>
/// <param name="Loaded">How many different numbers these have.</param>
/// <param name="Rejected">How many different rows were rejected.</param>
/// <param name="Both">How many are both.</param>
/// <param name="Foreign">Of a repair: how many were not rejected by its source.</param>
/// <param name="Beyond">How many have a number that no row of the file has.</param>
/// <param name="BothRows">Some that are both.</param>
internal sealed record RowSetFigures(long Rows, long Loaded, long Rejected, long Both, long Foreign, long Beyond, IReadOnlyList<long> BothRows)
{
    /// <summary>Different rows that are one or the other.</summary>
    public long Known => Loaded + Rejected - Both;

    public RowSetFigures Plus(RowSetFigures other, int examples) => new(
        Rows + other.Rows, Loaded + other.Loaded, Rejected + other.Rejected, Both + other.Both, Foreign + other.Foreign, Beyond + other.Beyond,
        [.. BothRows.Concat(other.BothRows).Take(examples)]);
}

/// <summary>The row numbers in the model's table under the jobs of a family.</summary>
/// <param name="Rows">Rows.</param>
/// <param name="Loaded">How many different numbers these have.</param>
/// <param name="OnceRows">The same without the jobs that were to load rows once more.</param>
/// <param name="OnceLoaded">How many different numbers those have.</param>
internal sealed record LineageFigures(long Rows, long Loaded, long OnceRows, long OnceLoaded);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RowSetFigures))]
[JsonSerializable(typeof(LineageFigures))]
internal sealed partial class RowSetJson : JsonSerializerContext;
