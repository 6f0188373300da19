using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace Batch.Csv.Validation.Native;

/// <summary>Numbers distinct texts from 0 in the order in which they are added; looks them up without making strings of them.</summary>
/// <remarks>
/// Open addressing with linear probing, at most half full. The hash has a secret seed, so that a file cannot be made whose values
/// all fall on one place; the numbers do not depend on it.
/// </remarks>
sealed class Utf8Dictionary
{
    const int SmallestSlots = 64;
    const int KeptTextBytes = 256 * 1024;
    const ulong Multiplier = 0x9E3779B97F4A7C15;

    static readonly ulong Seed = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8));

    (uint Hash, int Number)[] _slots = new (uint, int)[SmallestSlots]; // Number: one more than the text's, 0 where there is none
    int[] _ends = new int[SmallestSlots];
    byte[] _text = [];

    public int Count { get; private set; }

    public ReadOnlySpan<byte> this[int number] => _text.AsSpan(Start(number).._ends[number]);

    /// <summary>The number of a text, or -1.</summary>
    public int Find(ReadOnlySpan<byte> text) => _slots[Probe(text, Hash(text))].Number - 1;

    /// <summary>The number of a text, which is added if it is new.</summary>
    public int FindOrAdd(ReadOnlySpan<byte> text)
    {
        var hash = Hash(text);
        ref var slot = ref _slots[Probe(text, hash)];
        if (slot.Number == 0)
        {
            slot = (hash, Count + 1);
            Append(text);
            if (Count * 2 > _slots.Length)
                Grow();
            return Count - 1;
        }

        return slot.Number - 1;
    }

    public void Clear()
    {
        if (_text.Length > KeptTextBytes)
        {
            _slots = new (uint, int)[SmallestSlots];
            _ends = new int[SmallestSlots];
            _text = [];
        }
        else if (Count > 0)
            Array.Clear(_slots);
        Count = 0;
    }

    int Start(int number) => number == 0 ? 0 : _ends[number - 1];

    /// <summary>The slot that holds the text, or the free one that would.</summary>
    int Probe(ReadOnlySpan<byte> text, uint hash)
    {
        var mask = _slots.Length - 1;
        for (var at = (int)hash & mask; ; at = (at + 1) & mask)
        {
            var (slotHash, number) = _slots[at];
            if (number == 0 || (slotHash == hash && this[number - 1].SequenceEqual(text)))
                return at;
        }
    }

    void Append(ReadOnlySpan<byte> text)
    {
        var start = Start(Count);
        if (_text.Length - start < text.Length)
            Array.Resize(ref _text, Math.Max(start + text.Length, Math.Max(1024, _text.Length * 2)));
        if (_ends.Length == Count)
            Array.Resize(ref _ends, Count * 2);
        text.CopyTo(_text.AsSpan(start));
        _ends[Count++] = start + text.Length;
    }

    void Grow()
    {
        var old = _slots;
        _slots = new (uint, int)[old.Length * 2];
        var mask = _slots.Length - 1;
        foreach (var slot in old)
        {
            if (slot.Number == 0)
                continue;
            var at = (int)slot.Hash & mask;
            while (_slots[at].Number != 0)
                at = (at + 1) & mask;
            _slots[at] = slot;
        }
    }

    static uint Hash(ReadOnlySpan<byte> text)
    {
        var hash = Seed ^ (ulong)text.Length;
        while (text.Length >= 8)
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(text));
            text = text[8..];
        }

        ulong tail = 0;
        if (text.Length >= 4)
            tail = BinaryPrimitives.ReadUInt32LittleEndian(text) | ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(text[^4..]) << 32);
        else if (text.Length > 0)
            tail = text[0] | ((uint)text[text.Length >> 1] << 8) | ((uint)text[^1] << 16);
        return (uint)(Mix(hash ^ tail) >> 32);
    }

    static ulong Mix(ulong value)
    {
        var high = Math.BigMul(value, Multiplier, out ulong low);
        return BitOperations.RotateLeft(high ^ low, 23) + Multiplier;
    }
}
