using System.Buffers;

namespace Batch.Csv.Validation.Native;

/// <summary>A piece of a <see cref="PagedBuffer"/>, which can stand in a sequence as it is.</summary>
sealed class Page(int sizeClass) : ReadOnlySequenceSegment<byte>
{
    public readonly byte[] Bytes = GC.AllocateUninitializedArray<byte>(PagePool.SizeOf(sizeClass));
    public readonly int SizeClass = sizeClass;
    public int Used;

    public Span<byte> Free => Bytes.AsSpan(Used);

    /// <summary>Fixes the page's content and its place in a sequence.</summary>
    public void Link(long runningIndex, Page? next)
    {
        Memory = Bytes.AsMemory(0, Used);
        RunningIndex = runningIndex;
        Next = next;
    }
}
