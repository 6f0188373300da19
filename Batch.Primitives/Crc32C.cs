using System.Buffers.Binary;
using System.Numerics;

namespace Batch.Primitives;

/// <summary>CRC-32C (Castagnoli), the checksum Kafka and iSCSI use; one machine instruction for eight bytes.</summary>
public static class Crc32C
{
    /// <summary>The checksum of these bytes, or of these bytes after those that gave <paramref name="previous"/>.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes, uint previous = 0)
    {
        var crc = ~previous;
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }
        foreach (var value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }
}
