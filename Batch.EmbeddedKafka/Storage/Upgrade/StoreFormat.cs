using System.Globalization;

namespace Batch.EmbeddedKafka.Storage.Upgrade;

/// <summary>Which layout a folder has: a newer one is refused, the former one is converted, once.</summary>
/// <remarks>
/// Layout 1 has no file <c>format</c>; its records are below <c>topics</c>, those of layout 2 below <c>log</c>. The conversion is made
/// beside, in <c>log.new</c>, and counts from the rename on; then <c>topics</c> is removed, then <c>format</c> is written. A crash at
/// any moment is gone on from at the next start.
/// </remarks>
internal static class StoreFormat
{
    public const int Current = 2;
    public const string LogFolder = "log";
    const string FormatFile = "format";
    const string FormerFolder = "topics";
    const string UnfinishedFolder = "log.new";

    /// <exception cref="StorageException">The layout is newer than this version, or there is no room to convert a former one.</exception>
    public static void Ensure(StoreContext context)
    {
        var directory = context.Options.Directory;
        var (log, former, unfinished) =
            (Path.Combine(directory, LogFolder), Path.Combine(directory, FormerFolder), Path.Combine(directory, UnfinishedFolder));
        var path = Path.Combine(directory, FormatFile);
        var text = DurableText.Read(path);
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var found))
        {
            if (found > Current)
                throw new StorageException(
                    $"The log in {directory} was written by a newer version (layout {found}, this version reads layout {Current}): start that version, or a newer one.");
            if (Directory.Exists(former))
                context.Logger.FormerLeft(former);
            return;
        }
        if (text is not null)
            context.Logger.FileDamaged(path, $"layout {Current} is assumed.");

        if (Directory.Exists(unfinished))
            context.Disk.DeleteFolder(unfinished);
        if (!Directory.Exists(log) && Directory.Exists(former))
        {
            new FormerLog(context, former).Convert(unfinished);
            context.Disk.MoveFolder(unfinished, log);
            context.Disk.FlushFolder(directory);
        }
        Directory.CreateDirectory(log);
        context.Disk.FlushFolder(directory);
        if (Directory.Exists(former))
            context.Disk.DeleteFolder(former);
        DurableText.Write(context.Disk, path, Current.ToString(CultureInfo.InvariantCulture));
    }
}
