using System.IO.Compression;
using Batch.Csv.Streams;

namespace Batch.Csv.Compression;

// A gzip file is one member after the other, and zeros after the last at most. GZipStream reads them all and checks their checksums, but whatever
// does not begin like a member it takes for the end of the file: a member with a damaged first byte, and all after it, would be missing without a
// word. It does not tell where it stopped, either. So it is given the file in pieces: it reads on only when it has used a piece up, so that where it
// ends before it has asked for the last one, something else than a member stands in the piece it was given last.
//   data … data | the last 8 bytes before the zeros | zeros |     8 bytes: what is wrong here is the checksum (CRC-32 and length)
/// <summary>The text of a gzip file, read forward, asynchronously; every byte of the file is accounted for.</summary>
/// <remarks>Text is handed out before the checksum at the end of its member is known. The end of the stream comes only if all of them were right.</remarks>
/// <exception cref="CsvFileException">From reading: INVALID_GZIP, with what is wrong.</exception>
public sealed class GzipReader : ReadOnlyStream
{
    readonly GzipPieces _pieces;
    readonly GZipStream _gzip;

    /// <param name="compressed">The file; disposed with this.</param>
    public GzipReader(Stream compressed)
    {
        _pieces = new(compressed);
        _gzip = new(_pieces, CompressionMode.Decompress);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count;
        try
        {
            count = await _gzip.ReadAsync(buffer, cancellationToken);
        }
        catch (InvalidDataException)
        {
            throw Fault(_pieces.HasEnded ? "is cut off" : _pieces.IsAtTrailer ? "is damaged: its text does not match its checksum" : "is damaged");
        }
        if (count == 0 && !buffer.IsEmpty && !await _pieces.OnlyZerosAreLeftAsync(cancellationToken))
            throw Fault("is followed by bytes that are not gzip");
        return count;
    }

    static CsvFileException Fault(string what) =>
        new("INVALID_GZIP", $"The gzip data {what}. Compress the file again; gzip -t checks it.");

    public override ValueTask DisposeAsync() => _gzip.DisposeAsync();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _gzip.Dispose();
    }
}
