using System.Buffers;
using System.IO.Pipelines;
using Batch.Csv.Streams;

namespace Batch.Api.Uploads;

/// <summary>A request's body that can be read on after a read was cancelled, and that knows whether it has been asked for and has ended.</summary>
/// <remarks>
/// Kestrel's own takes a read that was cancelled by a token for one that is still going on, and gives nothing any more. One that was cancelled
/// through its pipe is over as it should be.
/// </remarks>
internal sealed class RequestBody(PipeReader body, CancellationToken end) : ReadOnlyStream
{
    static readonly Action<object?> Cancel = static reader => ((PipeReader)reader!).CancelPendingRead();

    CancellationToken _end = end;

    public bool WasRead { get; private set; }
    public bool HasEnded { get; private set; }

    /// <summary>It was answered; what is still to come is read whatever happens.</summary>
    public void Outlive() => _end = CancellationToken.None;

    /// <exception cref="UploadInterruptedException">The API is stopping and reads no further.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_end.IsCancellationRequested)
                throw UploadInterruptedException.ByStop();
            WasRead = true;
            ReadResult result;
            using (cancellationToken.UnsafeRegister(Cancel, body))
            using (_end.UnsafeRegister(Cancel, body))
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
