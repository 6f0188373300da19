using Batch.Csv;
using Batch.Csv.Compression;
using Batch.Csv.Streams;

namespace Batch.Api.Uploads;

/// <summary>Takes the compression off a file as it is read: gzip, whether announced or known by its first bytes.</summary>
/// <remarks>
/// Memory does not depend on how far the file expands: a bomb is only a long file, and is cut, counted and limited like one.
/// A gzip inside a gzip (a <c>.gz</c> file sent with <c>Content-Encoding: gzip</c> on top) is unpacked too, but not a third.
/// </remarks>
internal static class CompressedBody
{
    const int MaxLayers = 2;
    const int HeadBytes = 8;

    /// <param name="announced">The caller says that it is gzip; then it must be.</param>
    /// <exception cref="CsvFileException">INVALID_GZIP.</exception>
    public static async Task<Stream> OpenAsync(Stream body, bool announced, CancellationToken cancellationToken)
    {
        var file = await PrependedStream.PeekAsync(body, HeadBytes, cancellationToken);
        for (var layer = 0; IsGzip(file.Head.Span); layer++)
        {
            if (layer == MaxLayers)
                throw new CsvFileException("INVALID_GZIP", $"The file is compressed more than {MaxLayers} times. Send it compressed once.");
            file = await PrependedStream.PeekAsync(new GzipReader(file), HeadBytes, cancellationToken);
            announced = false;
        }
        if (announced)
            throw new CsvFileException("INVALID_GZIP",
                "The file is declared as gzip but is not: it does not begin with 1F 8B. Drop the Content-Encoding or the .gz, or compress it.");
        return file;
    }

    static bool IsGzip(ReadOnlySpan<byte> head) => head is [0x1F, 0x8B, ..];
}
