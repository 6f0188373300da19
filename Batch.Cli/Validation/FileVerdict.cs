using Batch.Client;
using Batch.Core.Chunks;

namespace Batch.Cli.Validation;

/// <summary>A file held against a model.</summary>
/// <param name="Rows">Data rows.</param>
/// <param name="Bad">Those that would be rejected.</param>
/// <param name="HeaderFits">False: nothing of the file would be loaded, and <paramref name="Kinds"/> says what is wrong with its header.</param>
/// <param name="Kinds">Errors by column and code, most first.</param>
internal sealed record FileVerdict(long Rows, long Bad, bool HeaderFits, IReadOnlyList<RejectedSummary> Kinds)
{
    public required CsvHeader Header { get; init; }

    public long Good => Rows - Bad;

    public int ExitCode => !HeaderFits || (Bad > 0 && Good == 0) ? ExitCodes.Failure : Bad > 0 ? ExitCodes.PartialSuccess : ExitCodes.Success;
}
