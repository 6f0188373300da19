using Microsoft.Win32.SafeHandles;

namespace Batch.EmbeddedKafka.Storage;

/// <summary>A segment's file for the length of a block.</summary>
internal readonly ref struct RentedFile
{
    readonly Segment _segment;

    public RentedFile(Segment segment)
    {
        if (!segment.TryRent(out var file))
            throw new IOException($"{segment.Path} is closed.");
        (_segment, File) = (segment, file);
    }

    public SafeFileHandle File { get; }

    public void Dispose() => _segment.Return();
}
