using Batch.Csv;

namespace Batch.Tests.Csv;

[Trait("Tier", "unit")]
public sealed class ByteBlockTests
{
    [Fact]
    public void Prefix_xor_is_the_parity_of_the_bits_up_to_each()
    {
        var random = new Random(1);
        for (var round = 0; round < 1000; round++)
        {
            var bits = (ulong)random.NextInt64() & (ulong)random.NextInt64() ^ ((ulong)random.Next(2) << 63);
            var expected = 0UL;
            for (var (i, parity) = (0, 0UL); i < 64; i++)
            {
                parity ^= bits >> i & 1;
                expected |= parity << i;
            }
            Assert.Equal(expected, ByteBlock.PrefixXor(bits));
            Assert.Equal(expected, ByteBlock.PrefixXorByShifts(bits));
        }
    }

    [Fact]
    public void Each_bit_speaks_of_its_byte()
    {
        var block = new byte[64];
        for (var i = 0; i < 64; i++)
        {
            block[i] = (byte)',';
            Assert.Equal(1UL << i, ByteBlock.Match(ref block[0], (byte)','));
            block[i] = 0xEC;
        }
    }
}
