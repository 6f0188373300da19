using System.Buffers;
using System.IO.Pipelines;
using Batch.Csv.Streams;

namespace Batch.Api.Uploads;

/// <summary>A request's body that can be read on after a read was cancelled, and that knows whether it has been asked for and has ended.</summary>
/// <remarks>
/// Kestrel's own takes a read that was cancelled by a token for one that is still going on, and gives nothing any more. One that was cancelled
/// through its pipe is over as it should be.
/// </remarks>
internal sealed class RequestBody(PipeReader body) : ReadOnlyStream
{
    public bool WasRead { get; private set; }
    public bool HasEnded { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        WasRead = true;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ReadResult result;
            using (cancellationToken.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), body))
                result = await body.ReadAsync(CancellationToken.None);
            var length = (int)Math.Min(buffer.Length, result.Buffer.Length);
            result.Buffer.Slice(0, length).CopyTo(buffer.Span);
            var isRest = length == result.Buffer.Length;
            body.AdvanceTo(result.Buffer.GetPosition(length));
            if (result.IsCompleted && isRest)
                HasEnded = true;
            // A read that was cancelled may have come too late to be: then the next one is told, whose caller it is not meant for.
            if (length > 0 || HasEnded || buffer.IsEmpty)
                return length;
        }
    }
}
