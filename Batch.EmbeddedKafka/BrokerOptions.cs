using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Batch.EmbeddedKafka;

/// <summary>Settings of the embedded broker: the section "EmbeddedKafka", or the process's command line.</summary>
public sealed class BrokerOptions
{
    public const string SectionName = "EmbeddedKafka";

    /// <summary>Folder that holds topics and groups; made where it is missing. One process owns it at a time.</summary>
    [Required]
    public string Directory { get; set; } = "local/log";

    /// <summary>Address to listen on. The broker knows no users and no encryption: keep to loopback unless the network is yours.</summary>
    [Required, RegularExpression(@"^([0-9.]+|[0-9a-fA-F:]+|localhost)$", ErrorMessage = "Bind must be an IP address.")]
    public string Bind { get; set; } = "127.0.0.1";

    /// <summary>Kafka's own; 0: any free one.</summary>
    [Range(0, 65535)]
    public int Port { get; set; } = 9092;

    /// <summary>
    /// Host name that clients are told to connect to; where not set, the address listened on, or the machine's name where that is all of them.
    /// </summary>
    public string? AdvertisedHost { get; set; }

    /// <summary>A partition's file is closed and a new one begun at about this size: the step in which consumed room is given back.</summary>
    [Range(4096, 1 << 30)]
    public int SegmentBytes { get; set; } = 64 << 20;

    /// <summary>
    /// Largest record batch of a topic that does not say otherwise, in bytes. The default carries the largest chunk that can be set (64 MiB).
    /// </summary>
    [Range(1024, 96 << 20)]
    public int MaxMessageBytes { get; set; } = 65 << 20;

    /// <summary>Produce requests are refused once all segments together would hold more than this; 0: only the disk is the limit.</summary>
    [Range(0, long.MaxValue)]
    public long MaxBytes { get; set; }

    /// <summary>
    /// Produce requests are refused while the disk has less room than this. ClickHouse commonly lives on the same disk, and the log
    /// only empties while ClickHouse can write: a log that took the last byte would never give it back.
    /// </summary>
    [Range(0, long.MaxValue)]
    public long MinFreeBytes { get; set; } = 256L << 20;

    /// <summary>How long records of a topic that does not say otherwise are kept, read or not.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "3650.00:00:00")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Makes a topic that a client asks for and that is not there, with one partition, as Kafka does by default.</summary>
    public bool AutoCreateTopics { get; set; } = true;

    /// <summary>Memory for produce requests whose records are not on the disk yet, of all connections together, in bytes.</summary>
    [Range(1 << 20, 4L << 30)]
    public long RequestMemoryBytes { get; set; } = 48L << 20;

    /// <summary>Connections at a time; more are closed at once.</summary>
    [Range(1, 100_000)]
    public int MaxConnections { get; set; } = 1000;

    internal IPAddress Address => Bind == "localhost" ? IPAddress.Loopback : IPAddress.Parse(Bind);
}
