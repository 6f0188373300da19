namespace Batch.Api.Publishing;

/// <summary>Where the rows of a job come from. Read once, forward, in constant memory.</summary>
internal interface IRowSource
{
    /// <summary>Rows seen so far.</summary>
    long RowsSeen { get; }

    /// <summary>Blank lines that were skipped; known after the last chunk.</summary>
    long BlankLines { get; }

    /// <summary>The rows as chunks; whoever takes one disposes it.</summary>
    IAsyncEnumerable<OutgoingChunk> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Goes through the rows only to count them, where their header does not fit.</summary>
    Task CountAsync(CancellationToken cancellationToken);

    /// <summary>After the last chunk: checks that nothing else was sent.</summary>
    Task FinishAsync(CancellationToken cancellationToken);
}
