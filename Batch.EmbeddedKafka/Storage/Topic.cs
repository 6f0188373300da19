namespace Batch.EmbeddedKafka.Storage;

/// <summary>A topic: its name, its settings and its partitions.</summary>
public sealed class Topic
{
    volatile TopicSettings _settings;
    volatile Partition[] _partitions = [];

    internal Topic(string name, Guid id, TopicSettings settings, string folder) =>
        (Name, Id, _settings, Folder) = (name, id, settings, folder);

    public string Name { get; }

    /// <summary>Never given to another topic, also not to a later one of the same name (KIP-516).</summary>
    public Guid Id { get; }

    public TopicSettings Settings
    {
        get => _settings;
        internal set => _settings = value;
    }

    public IReadOnlyList<Partition> Partitions => _partitions;

    internal string Folder { get; }

    internal void SetPartitions(Partition[] partitions) => _partitions = partitions;
}
