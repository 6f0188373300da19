namespace Batch.Api.Publishing;

/// <summary>Where the rows of a job come from. Read once, forward, in constant memory.</summary>
internal interface IRowSource
{
    /// <summary>Rows seen so far.</summary>
    long RowsSeen { get; }

    /// <summary>Blank lines that were skipped; known after the last chunk.</summary>
    long BlankLines { get; }

    /// <summary>The rows as chunks; the caller disposes each.</summary>
    IAsyncEnumerable<OutgoingChunk> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Only counts the rows, if their header does not fit.</summary>
    Task CountAsync(CancellationToken cancellationToken);

    /// <summary>After the last chunk: checks that nothing else was sent.</summary>
    Task FinishAsync(CancellationToken cancellationToken);
}
