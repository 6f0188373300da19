using System.Runtime.CompilerServices;
using Batch.Core.Chunks;

namespace Batch.Api.Jobs;

/// <summary>The rows of a file that is being uploaded, as they stand in it.</summary>
internal sealed class UploadedRows(CsvUpload file, UploadBody body) : IRowSource
{
    public long RowsSeen => file.RowsSeen;

    public async IAsyncEnumerable<OutgoingChunk> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var chunk in file.ReadChunksAsync(cancellationToken))
            yield return OutgoingChunk.Of(chunk);
    }

    public Task CountAsync(CancellationToken cancellationToken) => file.CountRowsAsync(cancellationToken);

    public Task FinishAsync(CancellationToken cancellationToken) => body.FinishAsync(cancellationToken);
}
