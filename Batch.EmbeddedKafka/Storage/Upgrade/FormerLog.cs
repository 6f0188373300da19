using System.Globalization;

namespace Batch.EmbeddedKafka.Storage.Upgrade;

/// <summary>The log of layout 1, in which a record was a frame of its own; every record becomes a batch of one, at the same offset.</summary>
/// <remarks>Constant memory: values go through in pieces. What is damaged is left out, with a line that says what.</remarks>
internal sealed class FormerLog(StoreContext context, string folder)
{
    const string Extension = ".log";

    /// <summary>Writes all of it below <paramref name="target"/>, on disk when this returns.</summary>
    public void Convert(string target)
    {
        var bytes = Directory.EnumerateFiles(folder, "*" + Extension, SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
        var free = context.Disk.FreeBytes(folder);
        if (free < bytes)
            throw new StorageException(
                $"The log in {context.Options.Directory} has an older format. Converting it needs {bytes} bytes, but only {free} are free. Free some space and start again.");
        context.Logger.Upgrading(context.Options.Directory, bytes);

        var records = 0L;
        var committed = FormerPositions.Read(context.Options.Directory).Values.SelectMany(positions => positions)
            .GroupBy(position => position.Key).ToDictionary(group => group.Key, group => group.Max(position => position.Value));
        Directory.CreateDirectory(target);
        foreach (var topicFolder in Directory.EnumerateDirectories(folder))
        {
            var topic = Path.GetFileName(topicFolder);
            var topicTarget = Path.Combine(target, topic);
            Directory.CreateDirectory(topicTarget);
            // The former log kept a record until every group was past it, however old it was.
            var file = TopicFile.Guess(topicFolder, context.Options.Defaults with { RetentionMs = -1, RetentionBytes = -1 });
            for (var i = 0; i < file.Partitions; i++)
                records += Convert(
                    TopicFile.FolderOf(topicFolder, i), TopicFile.FolderOf(topicTarget, i), $"{topic}-{i}", committed.GetValueOrDefault((topic, i)));
            file.Write(context.Disk, topicTarget);
        }
        context.Disk.FlushFolder(target);
        context.Logger.Upgraded(context.Options.Directory, records);
    }

    /// <param name="least">No offset below this is given again: a group has committed it.</param>
    long Convert(string from, string to, string partition, long least)
    {
        Directory.CreateDirectory(to);
        using var sink = new BatchSink(context.Disk, to, context.Options.SegmentBytes);
        (string Path, long Base)[] files = Directory.Exists(from)
            ? [.. Directory.EnumerateFiles(from, "*" + Extension)
                .Select(path => (path, long.Parse(Path.GetFileNameWithoutExtension(path), CultureInfo.InvariantCulture))).OrderBy(file => file.Item2)]
            : [];
        var (records, next) = (0L, 0L);
        for (var i = 0; i < files.Length; i++)
        {
            next = Math.Max(next, files[i].Base);
            using var reader = new FrameReader(files[i].Path);
            var below = i + 1 < files.Length ? files[i + 1].Base : long.MaxValue;
            for (var position = 0L; position < reader.Length;)
            {
                var status = reader.Read(position, out var frame);
                if (status != FrameStatus.Good)
                {
                    var found = status == FrameStatus.Torn && i == files.Length - 1 ? -1 : reader.Find(position + 1, next, below);
                    if (found < 0 && i == files.Length - 1)
                        context.Logger.TailCut(files[i].Path, reader.Length - position, position);
                    else
                        context.Logger.FormerBytesSkipped(partition, files[i].Path, position, found < 0 ? reader.Length : found, next);
                    position = found < 0 ? reader.Length : found;
                    continue;
                }
                if (frame.Offset >= next)
                {
                    if (sink.TryAdd(reader, position, frame))
                        records++;
                    else
                        context.Logger.FormerValueDamaged(partition, frame.Offset, files[i].Path, position);
                    next = frame.Offset + 1;
                }
                position += frame.TotalBytes;
            }
        }
        sink.Finish(Math.Max(next, least));
        context.Disk.FlushFolder(to);
        return records;
    }
}
