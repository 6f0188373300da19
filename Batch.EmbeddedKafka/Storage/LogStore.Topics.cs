namespace Batch.EmbeddedKafka.Storage;

// Topics come and go by the rename of a folder: a crash leaves all of one or nothing.
public sealed partial class LogStore
{
    /// <summary>Makes a topic; it is on disk when this returns.</summary>
    /// <exception cref="KafkaErrorException">TopicAlreadyExists, InvalidTopic, InvalidPartitions, KafkaStorageError.</exception>
    public Topic Create(string name, int partitions, TopicSettings settings)
    {
        if (!NamePattern().IsMatch(name) || name is "." or "..")
            throw new KafkaErrorException(
                KafkaError.InvalidTopic, $"'{name}' is not a topic name: letters, digits, '.', '_' and '-', at most 249.");
        CheckPartitions(partitions);
        return Administer(() =>
        {
            if (_topics.ContainsKey(name))
                throw new KafkaErrorException(KafkaError.TopicAlreadyExists, $"The topic {name} exists already.");
            var file = new TopicFile(Guid.NewGuid(), partitions, settings);
            var staged = Path.Combine(Staging, file.Id.ToString("N"));
            var folder = Path.Combine(TopicsFolder, name);
            System.IO.Directory.CreateDirectory(staged);
            try
            {
                for (var i = 0; i < partitions; i++)
                    TopicFile.CreatePartition(_context.Disk, staged, i);
                file.Write(_context.Disk, staged);
                _context.Disk.MoveFolder(staged, folder);
            }
            catch
            {
                Remove(staged);
                throw;
            }
            // From here on it is there, should only its durability be in doubt.
            var topic = OpenTopic(folder, file);
            _context.Disk.FlushFolder(TopicsFolder);
            return topic;
        });
    }

    /// <summary>Removes a topic and its records; reads and appends under way end with UnknownTopicOrPartition.</summary>
    /// <exception cref="KafkaErrorException">UnknownTopicOrPartition, KafkaStorageError.</exception>
    public void Delete(Topic topic) => Administer(() =>
    {
        CheckKnown(topic);
        var staged = Path.Combine(Staging, topic.Id.ToString("N"));
        _context.Writer.Run(() =>
        {
            _context.Disk.MoveFolder(topic.Folder, staged);
            _topics.TryRemove(topic.Name, out _);
            _ids.TryRemove(topic.Id, out _);
            foreach (var partition in topic.Partitions)
                partition.Close(deleted: true);
        });
        foreach (var partition in topic.Partitions)
            partition.RaiseAppended();
        _context.Disk.FlushFolder(TopicsFolder);
        Remove(staged);
        return topic;
    });

    /// <exception cref="KafkaErrorException">InvalidPartitions: not more than there are; UnknownTopicOrPartition, KafkaStorageError.</exception>
    public void AddPartitions(Topic topic, int total) => Administer(() =>
    {
        CheckKnown(topic);
        CheckPartitions(total);
        if (total <= topic.Partitions.Count)
            throw new KafkaErrorException(
                KafkaError.InvalidPartitions, $"The topic {topic.Name} has {topic.Partitions.Count} partitions already; it can only get more.");
        for (var i = topic.Partitions.Count; i < total; i++)
            TopicFile.CreatePartition(_context.Disk, topic.Folder, i);
        _context.Disk.FlushFolder(topic.Folder);
        new TopicFile(topic.Id, total, topic.Settings).Write(_context.Disk, topic.Folder);
        topic.SetPartitions([.. topic.Partitions, .. OpenPartitions(topic, topic.Partitions.Count, total)]);
        return topic;
    });

    /// <exception cref="KafkaErrorException">UnknownTopicOrPartition, KafkaStorageError.</exception>
    public void Configure(Topic topic, TopicSettings settings) => Administer(() =>
    {
        CheckKnown(topic);
        new TopicFile(topic.Id, topic.Partitions.Count, settings).Write(_context.Disk, topic.Folder);
        topic.Settings = settings;
        _context.Writer.RequestTrims();
        return topic;
    });

    Topic Administer(Func<Topic> action)
    {
        lock (_gate)
        {
            try
            {
                return action();
            }
            catch (Exception e) when (LogDisk.IsFault(e))
            {
                throw LogDisk.Explain(e, Directory);
            }
        }
    }

    static void CheckPartitions(int partitions)
    {
        if (partitions is < 1 or > MaxPartitions)
            throw new KafkaErrorException(KafkaError.InvalidPartitions, $"A topic has 1 to {MaxPartitions} partitions, not {partitions}.");
    }

    void CheckKnown(Topic topic)
    {
        if (Find(topic.Id) is null)
            throw new KafkaErrorException(KafkaError.UnknownTopicOrPartition, $"The topic {topic.Name} has been deleted.");
    }

    void OpenTopic(string folder)
    {
        var file = TopicFile.Read(folder);
        if (file is null)
        {
            file = TopicFile.Guess(folder, _context.Options.Defaults);
            _context.Logger.FileDamaged(Path.Combine(folder, "topic"), $"the topic has a new id, the default settings and {file.Partitions} partitions.");
            file.Write(_context.Disk, folder);
        }
        OpenTopic(folder, file);
    }

    Topic OpenTopic(string folder, TopicFile file)
    {
        var topic = new Topic(Path.GetFileName(folder), file.Id, file.Settings, folder);
        topic.SetPartitions([.. OpenPartitions(topic, 0, file.Partitions)]);
        _topics[topic.Name] = topic;
        _ids[topic.Id] = topic;
        return topic;
    }

    IEnumerable<Partition> OpenPartitions(Topic topic, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            var folder = TopicFile.FolderOf(topic.Folder, i);
            System.IO.Directory.CreateDirectory(folder);
            yield return Partition.Open(_context, topic, i, folder);
        }
    }

    void Remove(string folder)
    {
        try
        {
            if (System.IO.Directory.Exists(folder))
                _context.Disk.DeleteFolder(folder);
        }
        catch (Exception e) when (LogDisk.IsFault(e))
        {
            _context.Logger.NotRemoved(folder, e);
        }
    }
}
