using System.Numerics;
using System.Runtime.CompilerServices;

namespace Batch.Csv.Validation.Parsing;

/// <summary>256 bits, the lowest first, as Int256, UInt256 and the widest decimals lie in a block.</summary>
struct UInt256
{
    const int Words = 4;

    [InlineArray(Words)]
    struct Bits
    {
        ulong _first;
    }

    Bits _words;

    public static UInt256 From(BigInteger value)
    {
        var result = default(UInt256);
        for (var i = 0; i < Words; i++, value >>= 64)
            result._words[i] = (ulong)(value & ulong.MaxValue);
        return result;
    }

    public readonly bool IsZero => (_words[0] | _words[1] | _words[2] | _words[3]) == 0;

    /// <summary>Multiplies, then adds; false where the result does not fit, which is then worth nothing.</summary>
    public bool TryMultiplyAdd(ulong factor, ulong summand)
    {
        var carry = summand;
        for (var i = 0; i < Words; i++)
        {
            var high = Math.BigMul(_words[i], factor, out ulong low);
            _words[i] = low + carry;
            carry = high + (_words[i] < low ? 1UL : 0);
        }
        return carry == 0;
    }

    public void Negate()
    {
        var carry = 1UL;
        for (var i = 0; i < Words; i++)
        {
            _words[i] = ~_words[i] + carry;
            carry = carry == 1 && _words[i] == 0 ? 1UL : 0;
        }
    }

    public readonly bool IsAbove(in UInt256 other)
    {
        for (var i = Words - 1; i >= 0; i--)
            if (_words[i] != other._words[i])
                return _words[i] > other._words[i];
        return false;
    }

    /// <summary>Its lowest bytes, as many as the type has.</summary>
    public readonly T Truncate<T>() where T : unmanaged => Unsafe.As<Bits, T>(ref Unsafe.AsRef(in _words));
}
