using Batch.EmbeddedClickHouse.Sql;

namespace Batch.EmbeddedClickHouse.Engine;

/// <summary>Refuses what needs room on the disk while there is little: NOT_ENOUGH_SPACE, before anything is written.</summary>
/// <remarks>
/// In three steps, so that little things still work when large ones do not: an insert of more than a megabyte needs twice the reserve, other
/// inserts and definitions the reserve, and the engine's own merges half of it. What reads, drops or deletes is never refused.
/// What other processes write in the meantime can still fill the disk: then <see cref="Native.DiskWrites"/> waits.
/// </remarks>
/// <param name="folder">The data folder; it exists.</param>
/// <param name="reserve">Bytes; null: 64 MB, or a fortieth of a small disk.</param>
internal sealed class FreeSpace(string folder, long? reserve)
{
    const long Default = 64 << 20, Least = 1 << 20;
    const int ShareOfSmallDisk = 40;

    readonly DriveInfo _disk = new(folder);
    readonly long _reserve = reserve ?? Math.Clamp(new DriveInfo(folder).TotalSize / ShareOfSmallDisk, Least, Default);

    /// <summary>Bytes that merges leave free.</summary>
    internal long ForMerges => _reserve / 2;

    /// <exception cref="EngineException">NOT_ENOUGH_SPACE.</exception>
    internal void Check(SqlStatement statement)
    {
        if (statement.TakesRows || statement.Verb is "INSERT" or "CREATE" or "ALTER" or "RENAME" or "EXCHANGE" or "ATTACH" or "REPLACE" or "UPDATE" or "UNDROP")
        {
            Need(_reserve);
        }
    }

    /// <summary>For an insert of which a megabyte has come and which goes on.</summary>
    /// <exception cref="EngineException">NOT_ENOUGH_SPACE.</exception>
    internal void CheckLarge() => Need(2 * _reserve);

    void Need(long bytes)
    {
        if (_disk.AvailableFreeSpace is var free && free < bytes)
        {
            throw EngineException.Of(ErrorCode.NotEnoughSpace, "NOT_ENOUGH_SPACE",
                $"The disk of '{folder}' has {free >> 20} MiB free, and {bytes >> 20} MiB must stay free (--min-free-space)");
        }
    }
}
