using Batch.Csv.Dialects;

namespace Batch.Csv.Validation;

/// <summary>The rows of a chunk, and what is needed to validate them.</summary>
public sealed record ChunkRows
{
    /// <summary>Whole rows, as they stood in the file, header line left out.</summary>
    public required ReadOnlyMemory<byte> Bytes { get; init; }
    /// <summary>How many rows these are.</summary>
    public required int Count { get; init; }
    /// <summary>Number of the first row; data rows of a file count from 1.</summary>
    public required long FirstRow { get; init; }
    /// <summary>Number of the line on which the first row starts; lines count from 1.</summary>
    public required long FirstLine { get; init; }
    /// <summary>Only for rows that do not follow each other: each row's own number and line.</summary>
    public IReadOnlyList<long>? RowNumbers { get; init; }
    public IReadOnlyList<long>? LineNumbers { get; init; }
    /// <summary>How they are told apart.</summary>
    public required CsvDialect Dialect { get; init; }
    /// <summary>How their values are written, where that is not as in plain CSV.</summary>
    public FileDialect? Values { get; init; }
    /// <summary>A row with fewer fields than the header line is filled up with blanks; otherwise it is rejected.</summary>
    public bool PadShortRows { get; init; }
    /// <summary>The file's header line, by which a row that repeats it is known; empty where it is not known.</summary>
    public byte[] HeaderLine { get; init; } = [];
    /// <summary>
    /// For each column of the file, the index of the model's column it fills, or -1 where it is ignored.
    /// Its length is the number of fields a row should have.
    /// </summary>
    public required IReadOnlyList<int> Mapping { get; init; }
    /// <summary>Written beside the rows; blank where they are only looked at.</summary>
    public string TenantId { get; init; } = "";
    public string JobId { get; init; } = "";

    /// <param name="row">The n-th row of the chunk, from 0.</param>
    internal long RowNumber(int row) => RowNumbers is { } numbers ? numbers[row] : FirstRow + row;

    /// <param name="lineBreaks">Line breaks between the start of the chunk and the row.</param>
    internal long LineNumber(int row, int lineBreaks) => LineNumbers is { } numbers ? numbers[row] : FirstLine + lineBreaks;
}
