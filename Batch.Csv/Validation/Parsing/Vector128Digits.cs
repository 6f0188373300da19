using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Batch.Csv.Validation.Parsing;

// The idea: a number stands at the end of sixteen bytes, whatever its length, and what stands before it is made zero. Then every
// number is one of sixteen digits, and a column of them costs no mispredicted branches. A point is closed up like this:
//   bytes   … ' ' ',' '-' '1' '2' '.' '5'    seven of the sixteen; the text is the last five
//   values  …  0   0   0   1   2  FE   5     less '0', what is not a digit of the number made zero
//   closed  …  0   0   0   0   1   2   5     all up to the point moved up by one; it had one place behind it: 125 / 10^1
// What is neither digit nor the one point is then more than 9, and is left to FieldParsers, which knows all the rules and gives the
// same value, bit for bit, wherever both give one.
/// <summary>Plain numbers of up to sixteen characters, read from the sixteen bytes that end with them.</summary>
static class Vector128Digits
{
    public const int Count = 16;

    /// <summary>False: leave it all to <see cref="FieldParsers"/>.</summary>
    public static bool IsSupported => Sse41.IsSupported;

    // At offset n: sixteen bytes of which the last n are set.
    static ReadOnlySpan<byte> LastBytes =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    ];

    /// <summary>By the bytes behind the point; the last is for no point at all.</summary>
    static ReadOnlySpan<double> PointPowers => [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e0];

    /// <summary>Digits and nothing else.</summary>
    /// <param name="bytes">The first of sixteen.</param>
    /// <param name="count">How many of them, at the end, are the number: 0 to 16. None is not a number.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryDigits(ref byte bytes, int count, out ulong value)
    {
        var digits = Last(ref bytes, count);
        value = Sum(digits);
        return AreDigits(digits) & count > 0;
    }

    /// <summary>Digits with a minus before them or none.</summary>
    /// <param name="bytes">The first of sixteen.</param>
    /// <param name="count">How many of them, at the end, are the number: 1 to 16.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryInteger(ref byte bytes, int count, out long value)
    {
        var minus = Minus(ref bytes, count);
        var isValid = TryDigits(ref bytes, count - minus, out var magnitude);
        value = ((long)magnitude ^ -minus) + minus;
        return isValid;
    }

    /// <summary>Digits with one point among them or none, and a minus before them or none; rounded once.</summary>
    /// <inheritdoc cref="TryInteger"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryDecimal(ref byte bytes, int count, out double value)
    {
        var minus = Minus(ref bytes, count);
        count -= minus;
        var digits = Last(ref bytes, count);
        var points = Vector128.Equals(digits, Vector128.Create(unchecked((byte)('.' - '0')))).ExtractMostSignificantBits();
        var places = BitOperations.LeadingZeroCount(points) - Count; // bytes behind the last point; 16 where there is none
        digits = Vector128.ConditionalSelect(Mask(places), digits, Sse2.ShiftLeftLogical128BitLane(digits, 1));

        // 15 digits and a power of ten up to 10^15 are exact doubles, so that the division rounds once; 16 digits have no point,
        // and are rounded once where they become a double.
        var magnitude = (long)Sum(digits) / Unsafe.Add(ref MemoryMarshal.GetReference(PointPowers), places);
        value = BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(magnitude) ^ (long)minus << 63);
        return AreDigits(digits) & count > (points != 0 ? 1 : 0);
    }

    /// <summary>The same, taken apart: <paramref name="digits"/> / 10^<paramref name="places"/>, exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryDecimal(ref byte bytes, int count, out long digits, out int places)
    {
        var minus = Minus(ref bytes, count);
        count -= minus;
        var last = Last(ref bytes, count);
        var points = Vector128.Equals(last, Vector128.Create(unchecked((byte)('.' - '0')))).ExtractMostSignificantBits();
        places = BitOperations.LeadingZeroCount(points) - Count;
        last = Vector128.ConditionalSelect(Mask(places), last, Sse2.ShiftLeftLogical128BitLane(last, 1));
        digits = ((long)Sum(last) ^ -(long)minus) + minus;
        places = points != 0 ? places : 0;
        return AreDigits(last) & count > (points != 0 ? 1 : 0);
    }

    /// <summary>1 where the number begins with a minus; a plus is rare.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int Minus(ref byte bytes, int count) => Unsafe.Add(ref bytes, Count - count) == '-' ? 1 : 0;

    /// <summary>The last <paramref name="count"/> bytes, less '0' each; zeros before them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<byte> Last(ref byte bytes, int count) => (Vector128.LoadUnsafe(ref bytes) - Vector128.Create((byte)'0')) & Mask(count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<byte> Mask(int count) => Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(LastBytes), (nuint)count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool AreDigits(Vector128<byte> digits) => Sse2.SubtractSaturate(digits, Vector128.Create((byte)9)) == Vector128<byte>.Zero;

    /// <summary>Pairs of digits, then fours, then eights, each the left half so many times and the right half once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ulong Sum(Vector128<byte> digits)
    {
        var pairs = Ssse3.MultiplyAddAdjacent(digits, Vector128.Create(0x010A_010A_010A_010A).AsSByte());
        var fours = Sse2.MultiplyAddAdjacent(pairs, Vector128.Create(0x0001_0064_0001_0064).AsInt16());
        var narrow = Sse41.PackUnsignedSaturate(fours, fours).AsInt16();
        var eights = Sse2.MultiplyAddAdjacent(narrow, Vector128.Create(0x0001_2710_0001_2710).AsInt16()).AsUInt64().ToScalar();
        return (uint)eights * 100_000_000UL + (eights >> 32);
    }
}
