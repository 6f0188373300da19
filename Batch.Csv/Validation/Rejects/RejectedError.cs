namespace Batch.Csv.Validation.Rejects;

/// <summary>One error of a rejected row, as it is read off a chunk. Its bytes are valid during the call it is handed to.</summary>
public readonly ref struct RejectedError
{
    /// <summary>Data rows count from 1.</summary>
    public required long Row { get; init; }
    /// <summary>The line on which the row starts.</summary>
    public required long Line { get; init; }
    /// <summary>The n-th error of its row, from 0.</summary>
    public required int Seq { get; init; }
    public required string Column { get; init; }
    public required string Type { get; init; }
    /// <summary>One of <see cref="ErrorCodes"/>.</summary>
    public required string Error { get; init; }
    public required string Message { get; init; }
    /// <summary>UTF-8; empty where the row has none.</summary>
    public required ReadOnlySpan<byte> EventId { get; init; }
    /// <summary>UTF-8, at most 256 bytes; empty where nothing stood there.</summary>
    public required ReadOnlySpan<byte> Observed { get; init; }
    /// <summary>The whole row as it stood in the file, without its line break.</summary>
    public required ReadOnlySpan<byte> Raw { get; init; }
}

/// <summary>Takes the errors of a chunk one by one, in row order.</summary>
/// <returns>False: no more of them.</returns>
public delegate bool RejectedErrorVisitor(in RejectedError error);
