using System.Runtime.InteropServices;
using System.Text;

namespace Batch.EmbeddedClickHouse.Native;

/// <summary>Texts passed into and out of the engine.</summary>
internal static unsafe class Utf8
{
    /// <summary>A NUL-terminated text; bytes that are not UTF-8 (error texts may quote data) become U+FFFD.</summary>
    internal static string Read(byte* text) =>
        text is null ? "" : Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));
}
