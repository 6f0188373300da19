using Batch.Client;
using Batch.Csv;
using Batch.Csv.Validation;

namespace Batch.Cli.Validation;

/// <summary>The result of validating a file against a model.</summary>
/// <param name="Rows">Data rows.</param>
/// <param name="Bad">Those that would be rejected.</param>
/// <param name="Columns">How its columns go into the model's. Where they do not, nothing of the file
/// would be loaded, and <paramref name="Kinds"/> says why.</param>
/// <param name="Kinds">Errors by column and code, most first.</param>
internal sealed record FileReport(long Rows, long Bad, HeaderMapping Columns, IReadOnlyList<RejectedSummary> Kinds)
{
    public required CsvHeader Header { get; init; }

    public bool HeaderFits => Columns.Fits;

    public long Good => Rows - Bad;

    public int ExitCode => !HeaderFits || (Bad > 0 && Good == 0) ? ExitCodes.Failure : Bad > 0 ? ExitCodes.PartialSuccess : ExitCodes.Success;
}
