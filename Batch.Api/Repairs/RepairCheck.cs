using Batch.Core.Rejected;
using Batch.Csv;
using Batch.Csv.Export;

namespace Batch.Api.Repairs;

/// <summary>Holds the row numbers of a fixed file against the rejected rows of its source: each must be one, and not be repaired yet.</summary>
/// <param name="again">Repaired ones are allowed; never those that were not rejected.</param>
internal sealed class RepairCheck(RowSelection selection, RejectedNumbers numbers, bool again)
{
    long _last;
    long _wanted;
    (long Row, long Line) _repaired;

    /// <summary>Rows of the file that are repaired. A file that has others as well is refused, so only of one that has none but these does it matter.</summary>
    public long Repaired { get; private set; }

    /// <summary>No row of the file is left to load.</summary>
    public bool AllAreRepaired => Repaired > 0 && _wanted == 0;

    /// <summary>Whether to load the row. Those that are repaired are passed over as long as none other came: all of the file may be.</summary>
    /// <exception cref="CsvFileException">INVALID_ROW_NUMBER</exception>
    public async ValueTask<bool> IsWantedAsync(long? row, long line, CancellationToken cancellationToken)
    {
        if (row is not { } number)
            throw Invalid($"Line {line}: the first field must be the row's number, as in the export. Leave the column {ExportColumns.Row} as it is.");
        // Ascending, because that proves in constant memory that no number comes twice; an export is written so.
        if (number <= _last)
            throw Invalid($"Line {line}: row {number} comes after row {_last}. Keep the rows in the order of the export, each once.");
        _last = number;
        var (isRejected, isRepaired) = await numbers.FindAsync(number, cancellationToken);
        if (!isRejected)
            throw Invalid($"Line {line}: row {number} is not one that job {selection.Job.JobId} rejected. "
                + $"Leave the column {ExportColumns.Row} as in the export; send new rows in a separate file to POST /jobs.");
        if (isRepaired && !again)
        {
            if (Repaired++ == 0)
                _repaired = (number, line);
            return _wanted == 0 ? false : throw IsRepaired();
        }
        _wanted++;
        return Repaired == 0 || again ? true : throw IsRepaired();
    }

    CsvFileException IsRepaired() => Invalid(
        $"Line {_repaired.Line}: row {_repaired.Row} is repaired already: it was loaded by a later job. Remove it from the file, or load it once more with again=true (--again).");

    static CsvFileException Invalid(string message) => new("INVALID_ROW_NUMBER", message);
}
