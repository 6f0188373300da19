using System.Runtime.InteropServices;
using System.Text;

namespace Batch.EmbeddedClickHouse.Native;

/// <summary>A list of texts in native memory, as pointers and lengths, each NUL-terminated as well.</summary>
internal sealed unsafe class NativeTexts : IDisposable
{
    readonly int _count;

    internal NativeTexts(IReadOnlyList<string> texts)
    {
        Pointers = (byte**)NativeMemory.AllocZeroed((nuint)(texts.Count + 1), (nuint)sizeof(byte*));
        Lengths = (nuint*)NativeMemory.AllocZeroed((nuint)(texts.Count + 1), (nuint)sizeof(nuint));
        foreach (var text in texts)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            var copy = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
            bytes.CopyTo(new Span<byte>(copy, bytes.Length));
            Pointers[_count] = copy;
            Lengths[_count++] = (nuint)bytes.Length;
        }
    }

    internal byte** Pointers { get; }
    internal nuint* Lengths { get; }
    internal nuint Count => (nuint)_count;

    public void Dispose()
    {
        for (var index = 0; index < _count; index++)
        {
            NativeMemory.Free(Pointers[index]);
        }
        NativeMemory.Free(Pointers);
        NativeMemory.Free(Lengths);
    }
}
