namespace Batch.Csv.Cutting;

/// <summary>What no one needs to set, and tests turn down so that small files meet every border.</summary>
/// <param name="HeadBytes">How much of the body is read before anything is said about it.</param>
/// <param name="ScanBytes">Scan when so much more has come: still in the cache, and not too often.</param>
/// <param name="UseBlocks">64 bytes at a time; otherwise row by row.</param>
readonly record struct UploadTuning(int HeadBytes, int ScanBytes, bool UseBlocks)
{
    public static UploadTuning Default => new(FileSniffer.HeadBytes, 64 << 10, ByteBlock.IsEnabled);
}
