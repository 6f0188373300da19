using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Batch.EmbeddedKafka.Storage;

/// <summary>What is kept of a topic beside its records.</summary>
internal sealed record TopicFile(Guid Id, int Partitions, TopicSettings Settings)
{
    const string Name = "topic";

    public static string FolderOf(string topicFolder, int partition) =>
        Path.Combine(topicFolder, partition.ToString(CultureInfo.InvariantCulture));

    public void Write(LogDisk disk, string topicFolder) =>
        DurableText.Write(disk, Path.Combine(topicFolder, Name), JsonSerializer.Serialize(this, TopicJson.Default.TopicFile));

    /// <returns>Null: there is none, or it is not what was written.</returns>
    public static TopicFile? Read(string topicFolder) =>
        DurableText.Read(Path.Combine(topicFolder, Name)) is { Length: > 0 } text ? JsonSerializer.Deserialize(text, TopicJson.Default.TopicFile) : null;

    /// <summary>What can be told from the folders alone.</summary>
    public static TopicFile Guess(string topicFolder, TopicSettings settings)
    {
        var partitions = Directory.EnumerateDirectories(topicFolder)
            .Select(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index + 1 : 0)
            .DefaultIfEmpty().Max();
        return new TopicFile(Guid.NewGuid(), Math.Max(1, partitions), settings);
    }

    /// <summary>Makes an empty partition, on disk when this returns.</summary>
    public static void CreatePartition(LogDisk disk, string topicFolder, int partition)
    {
        var folder = FolderOf(topicFolder, partition);
        if (Directory.Exists(folder) && Segment.FilesIn(folder).Any())
            return;
        Directory.CreateDirectory(folder);
        File.OpenHandle(Segment.PathOf(folder, 0), FileMode.Create, FileAccess.Write).Dispose();
        disk.FlushFolder(folder);
    }
}

[JsonSerializable(typeof(TopicFile))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class TopicJson : JsonSerializerContext;
