using Batch.Csv.Streams;

namespace Batch.Cli;

/// <summary>A file as it is read, telling how many of its bytes have gone through.</summary>
internal sealed class MeteredStream(Stream file, IProgress<long> progress) : ReadOnlyStream
{
    long _read;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await file.ReadAsync(buffer, cancellationToken);
        _read += read;
        progress.Report(_read);
        return read;
    }
}
