using System.Runtime.InteropServices;

namespace Batch.EmbeddedClickHouse.Native;

/// <summary>The functions that a loaded library takes from others, as the slots through which it calls them.</summary>
/// <remarks>
/// With glibc, what dlopen returns is a <c>struct link_map</c>: the address that the library is loaded at, its name, its dynamic section. The section's
/// relocations name each slot with its symbol. <c>.rela.dyn</c> of libchdb holds a million entries, but those without a symbol come first.
/// </remarks>
internal sealed unsafe partial class LibraryImports
{
    const long SymbolTable = 6, StringTable = 5, Relocations = 7, RelocationBytes = 8, RelativeCount = 0x6ffffff9, Calls = 23, CallBytes = 2;
    const uint DirectAddress = 1, Data = 6, Call = 7;
    const int ReadWrite = 3;

    readonly nint _base;
    readonly Symbol* _symbols;
    readonly byte* _names;
    readonly Dictionary<string, List<nint>> _slots = [];

    internal LibraryImports(nint library)
    {
        _base = *(nint*)library;
        Dictionary<long, nint> section = [];
        for (var entry = *(nint**)(library + 2 * sizeof(nint)); entry[0] != 0; entry += 2)
        {
            section[entry[0]] = entry[1];
        }
        _symbols = (Symbol*)Address(section[SymbolTable]);
        _names = (byte*)Address(section[StringTable]);
        var all = (Relocation*)Address(section[Relocations]);
        Read(new(all + section[RelativeCount], (int)(section[RelocationBytes] / sizeof(Relocation) - section[RelativeCount])));
        Read(new((void*)Address(section[Calls]), (int)(section[CallBytes] / sizeof(Relocation))));
    }

    // The loader has added the base, but need not.
    nint Address(nint value) => value < _base ? _base + value : value;

    void Read(ReadOnlySpan<Relocation> relocations)
    {
        foreach (var relocation in relocations)
        {
            if (relocation.Type is not (DirectAddress or Data or Call))
            {
                continue;
            }
            var name = Marshal.PtrToStringUTF8((nint)(_names + _symbols[relocation.Symbol].Name))!;
            if (!_slots.TryGetValue(name, out var slots))
            {
                _slots[name] = slots = [];
            }
            slots.Add(_base + relocation.Offset);
        }
    }

    /// <summary>Makes the library call this function in the place of the one of that name.</summary>
    /// <exception cref="StartupException">The library does not call it: it is another one than this was written for.</exception>
    internal void Replace(string name, nint function)
    {
        if (!_slots.TryGetValue(name, out var slots))
        {
            throw new StartupException($"libchdb.so does not import '{name}': this version cannot be kept from losing rows on a full disk.");
        }
        foreach (var slot in slots)
        {
            // Some slots are write-protected once the library is loaded.
            var page = slot & ~(nint)(Environment.SystemPageSize - 1);
            if (mprotect(page, (nuint)Environment.SystemPageSize, ReadWrite) != 0)
            {
                throw new StartupException($"libchdb.so cannot be prepared: {Marshal.GetLastPInvokeErrorMessage()}");
            }
            *(nint*)slot = function;
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mprotect(nint address, nuint length, int protection);

    [StructLayout(LayoutKind.Sequential)]
    readonly struct Relocation
    {
        internal readonly nint Offset;
        internal readonly uint Type;
        internal readonly uint Symbol;
        readonly nint _addend;
    }

    [StructLayout(LayoutKind.Sequential)]
    readonly struct Symbol
    {
        internal readonly uint Name;
        readonly uint _kind;
        readonly nint _value;
        readonly nint _size;
    }
}
