using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ArmAes = System.Runtime.Intrinsics.Arm.Aes;

namespace Batch.Csv;

/// <summary>64 bytes as bit masks: bit i of a mask speaks of byte i.</summary>
static class ByteBlock
{
    public const int Size = 64;

    /// <summary>Whether blocks are worth it on this machine, and not switched off with BATCH_CSV=scalar.</summary>
    public static readonly bool IsEnabled = Vector128.IsHardwareAccelerated && BitConverter.IsLittleEndian
        && !string.Equals(Environment.GetEnvironmentVariable("BATCH_CSV"), "scalar", StringComparison.OrdinalIgnoreCase);

    /// <summary>Which of the 64 bytes at <paramref name="block"/> are <paramref name="value"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Match(ref byte block, byte value)
    {
        if (Vector512.IsHardwareAccelerated)
            return Vector512.Equals(Vector512.LoadUnsafe(ref block), Vector512.Create(value)).ExtractMostSignificantBits();
        if (Vector256.IsHardwareAccelerated)
        {
            var wanted = Vector256.Create(value);
            return Vector256.Equals(Vector256.LoadUnsafe(ref block), wanted).ExtractMostSignificantBits()
                | (ulong)Vector256.Equals(Vector256.LoadUnsafe(ref block, 32), wanted).ExtractMostSignificantBits() << 32;
        }
        var four = Vector128.Create(value);
        return Vector128.Equals(Vector128.LoadUnsafe(ref block), four).ExtractMostSignificantBits()
            | (ulong)Vector128.Equals(Vector128.LoadUnsafe(ref block, 16), four).ExtractMostSignificantBits() << 16
            | (ulong)Vector128.Equals(Vector128.LoadUnsafe(ref block, 32), four).ExtractMostSignificantBits() << 32
            | (ulong)Vector128.Equals(Vector128.LoadUnsafe(ref block, 48), four).ExtractMostSignificantBits() << 48;
    }

    /// <summary>Bit i is the parity of bits 0 to i: from each odd set bit up to the next set bit, that one left out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong PrefixXor(ulong bits)
    {
        // Carry-less multiplication by all ones is a sum of all shifts.
        if (Pclmulqdq.IsSupported)
            return Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar(bits), Vector128<ulong>.AllBitsSet, 0).ToScalar();
        if (ArmAes.IsSupported)
            return ArmAes.PolynomialMultiplyWideningLower(Vector64.CreateScalar(bits), Vector64<ulong>.AllBitsSet).ToScalar();
        return PrefixXorByShifts(bits);
    }

    public static ulong PrefixXorByShifts(ulong bits)
    {
        bits ^= bits << 1;
        bits ^= bits << 2;
        bits ^= bits << 4;
        bits ^= bits << 8;
        bits ^= bits << 16;
        return bits ^ bits << 32;
    }

    /// <summary>The bits below bit <paramref name="count"/>; all of them for 64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Below(int count) => count >= Size ? ulong.MaxValue : (1UL << count) - 1;

    /// <summary>The lowest set bit and all below it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong UpToLowest(ulong bits) => bits ^ (bits - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Lowest(ulong bits) => BitOperations.TrailingZeroCount(bits);
}
