namespace Batch.Client;

/// <summary>One error of one rejected row. A row with three errors is three of these.</summary>
public sealed record RejectedRow
{
    /// <summary>Data rows count from 1; 0 is the header.</summary>
    public required long Row { get; init; }
    /// <summary>The line of the file on which the row starts; lines count from 1.</summary>
    public required long Line { get; init; }
    public string? EventId { get; init; }
    public required string Column { get; init; }
    /// <summary>STRING, INTEGER, FLOAT, DECIMAL, BOOLEAN, DATE, TIME, TIMESTAMP, UUID, IP, CATEGORY or VECTOR.</summary>
    public required string Type { get; init; }
    /// <summary>One of <see cref="ErrorCodes"/>.</summary>
    public required string Error { get; init; }
    /// <summary>What stood there, cut at 256 bytes; null where nothing did.</summary>
    public string? Observed { get; init; }
    public required string Message { get; init; }
    /// <summary>The whole row as it stood in the file, on the first error of the row; null on its others.</summary>
    public string? Raw { get; init; }
}

/// <summary>One page of errors in row order. <see cref="Next"/> is the <c>cursor</c> of the next page; null on the last.</summary>
public sealed record RejectedPage(string JobId, long RejectedRows, IReadOnlyList<RejectedRow> Rows, string? Next);

/// <summary>How many errors of one kind a job has in one column.</summary>
public sealed record RejectedSummary(string Column, string Type, string Error, long Count, string? Sample);
