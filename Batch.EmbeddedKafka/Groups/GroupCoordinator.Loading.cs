using Batch.EmbeddedKafka.Storage;
using Batch.EmbeddedKafka.Storage.Upgrade;

namespace Batch.EmbeddedKafka.Groups;

internal sealed partial class GroupCoordinator
{
    void Load(bool logWasCut)
    {
        Directory.CreateDirectory(_folder);
        foreach (var unfinished in Directory.EnumerateFiles(_folder, "*" + GroupFile.NewExtension))
            File.Delete(unfinished);
        foreach (var path in Directory.EnumerateFiles(_folder, "*" + GroupFile.Extension))
        {
            var file = new GroupFile(path, _disk);
            if (file.Load(_logger) is { } loaded)
            {
                // Members still stand where the log was that is gone: they have to join again, and then begin with what is there.
                if (logWasCut || loaded.Offsets.Any(each => !(_endOf(each.Key.Topic, each.Key.Partition) >= each.Value.Offset)))
                    ForgetMembers(loaded, file);
                NewGroup(loaded.Id, file).Load(loaded);
            }
            else
                _logger.FileUnreadable(path);
        }
        var former = FormerPositions.Read(Path.GetDirectoryName(_folder)!);
        foreach (var path in Directory.GetFiles(_folder, "*" + FormerPositions.Extension))
        {
            if (former.TryGetValue(Path.GetFileNameWithoutExtension(path), out var positions))
                TakeOver(path, positions);
            else
                _logger.FileUnreadable(path);
        }
        // The broker may have ended between the deletion of a topic and that of its offsets.
        foreach (var group in _groups.Values)
            group.RemoveUnless(PartitionExists);
    }

    /// <summary>On disk too: the next start no longer sees what was lost.</summary>
    void ForgetMembers(LoadedGroup loaded, GroupFile file)
    {
        loaded.ForgetMembers();
        try
        {
            file.Write([loaded.ToRecord()], loaded.ToRecord);
        }
        catch (Exception e) when (LogDisk.IsFault(e))
        {
            _logger.MembersNotSaved(loaded.Id, 0, e);
        }
    }

    /// <summary>Once: when the new file is on disk, the old one goes. A crash between the two finds both, and the new one is right.</summary>
    void TakeOver(string path, IReadOnlyDictionary<(string Topic, int Partition), long> positions)
    {
        var id = Path.GetFileNameWithoutExtension(path);
        var present = _groups.GetValueOrDefault(id);
        var now = UtcNow;
        var missing = positions
            .Select(position => KeyValuePair.Create(
                new GroupPartition(position.Key.Topic, position.Key.Partition), new CommittedOffset(position.Value, -1, "", now)))
            .Where(position => present?.Committed(position.Key) is null).ToArray();
        if (missing.Length > 0)
        {
            var group = present ?? NewGroup(id, new GroupFile(PathOf(id), _disk));
            try
            {
                group.TakeOver(missing);
            }
            catch (Exception e) when (LogDisk.IsFault(e))
            {
                _logger.FormerPositionsNotSaved(path, e);
                return;
            }
            _logger.FormerPositionsRead(missing.Length, id, path);
        }
        File.Delete(path);
        _disk.FlushFolder(_folder);
    }
}
