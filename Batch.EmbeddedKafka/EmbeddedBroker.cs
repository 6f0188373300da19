using System.Net;
using Batch.EmbeddedKafka.Groups;
using Batch.EmbeddedKafka.Requests;
using Batch.EmbeddedKafka.Server;
using Batch.EmbeddedKafka.Storage;
using Microsoft.Extensions.Logging;

namespace Batch.EmbeddedKafka;

/// <summary>A durable Kafka broker of one node, in this process.</summary>
/// <remarks>
/// The path of a record: <see cref="Connection"/> cuts requests from the socket, <see cref="ProduceHandler"/> checks the batch, the partition
/// writes it and flushes the file before it is acknowledged, <see cref="FetchHandler"/> sends it from the file to whoever reads.
/// <see cref="GroupCoordinator"/> shares partitions among consumers and keeps how far they are.
/// What it is not: there are no replicas, no users, no encryption and no transactions. On anything larger than one machine it is Redpanda or Kafka.
/// </remarks>
public sealed class EmbeddedBroker : IAsyncDisposable
{
    readonly LogStore _store;
    readonly GroupCoordinator _groups;
    readonly BrokerServer _server;

    EmbeddedBroker(LogStore store, GroupCoordinator groups, BrokerServer server, string bootstrapServers) =>
        (_store, _groups, _server, BootstrapServers) = (store, groups, server, bootstrapServers);

    /// <summary>Where clients find it: <c>host:port</c>.</summary>
    public string BootstrapServers { get; }

    /// <summary>Opens the folder, cutting what a crash left unfinished, then the port.</summary>
    /// <exception cref="StartupException">The folder or the port is not to be had; the message says why.</exception>
    public static async Task<EmbeddedBroker> StartAsync(BrokerOptions options, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        var logger = logging.CreateLogger<EmbeddedBroker>();
        var time = TimeProvider.System;
        var listener = BrokerServer.Listen(options.Address, options.Port);
        LogStore? store = null;
        try
        {
            var (host, port) = (AdvertisedHost(options), ((IPEndPoint)listener.LocalEndPoint!).Port);
            store = await Task.Run(() => LogStore.Open(ToStore(options), logging, time), cancellationToken);
            var node = new BrokerNode(ClusterIdOf(store.Directory), host, port);
            var groups = GroupCoordinator.Open(
                store.Directory, node, new GroupOptions(),
                (topic, partition) => store.Find(topic) is { } found && (uint)partition < (uint)found.Partitions.Count ? found.Partitions[partition].End : null,
                store.Topics.Any(topic => topic.Partitions.Any(partition => partition.WasCut)), store.ConsumedAdvanced, logger, time);
            LeaveOutWhatWasCommitted(store, groups);
            store.ConsumedBelow = groups.ConsumedBelow;
            var requests = Answer(node, options, store, groups, time);
            var server = new BrokerServer(listener, requests, new RequestBuffers(options.RequestMemoryBytes), options.MaxConnections, logger, time);
            return new EmbeddedBroker(store, groups, server, $"{host}:{port}");
        }
        catch (Exception exception)
        {
            listener.Dispose();
            if (store is not null)
                await store.DisposeAsync();
            if (exception is StorageException)
                throw new StartupException(exception.Message, exception);
            throw;
        }
    }

    static RequestTable Answer(BrokerNode node, BrokerOptions options, LogStore store, GroupCoordinator groups, TimeProvider time)
    {
        var topics = new TopicAdministration(store, DefaultsOf(options), groups.TopicDeleted);
        RequestTable? table = null;
        return table = new RequestTable(
        [
            new ApiVersionsHandler(() => table!),
            new MetadataHandler(node, store, topics, options.AutoCreateTopics),
            new ProduceHandler(store),
            new InitProducerIdHandler(store),
            new FetchHandler(store, time),
            new ListOffsetsHandler(store),
            .. groups.Handlers,
            new CreateTopicsHandler(topics),
            new DeleteTopicsHandler(store, topics),
            new CreatePartitionsHandler(topics),
            new DeleteRecordsHandler(store),
            new DescribeConfigsHandler(topics, new BrokerConfigs(options, store)),
            AlterConfigsHandler.Full(topics),
            AlterConfigsHandler.Incremental(topics),
            new DescribeClusterHandler(node),
        ]);
    }

    static StoreOptions ToStore(BrokerOptions options) => new()
    {
        Directory = options.Directory,
        SegmentBytes = options.SegmentBytes,
        MinFreeBytes = options.MinFreeBytes,
        MaxBytes = options.MaxBytes,
        Defaults = DefaultsOf(options),
    };

    static TopicSettings DefaultsOf(BrokerOptions options) =>
        new(options.MaxMessageBytes, (long)options.Retention.TotalMilliseconds, -1, options.SegmentBytes);

    /// <summary>
    /// A disk that lost the end of a partition must not make offsets be given again that a group has committed: the group would never read
    /// what gets them. An offset far beyond the end was never a record's: any client may commit what it likes.
    /// </summary>
    static void LeaveOutWhatWasCommitted(LogStore store, GroupCoordinator groups)
    {
        const long MostLost = 1_000_000;
        foreach (var topic in store.Topics)
            foreach (var partition in topic.Partitions)
                if (groups.ConsumedBelow(topic.Name, partition.Index) is { } committed && committed - partition.End is > 0 and < MostLost)
                    partition.LeaveOut(committed);
    }

    /// <summary>The cluster's name for its clients: made once, and kept with the data.</summary>
    static string ClusterIdOf(string directory)
    {
        var path = Path.Combine(directory, "cluster-id");
        if (DurableText.Read(path) is { Length: > 0 } known)
            return known;
        // 22 characters, as Kafka's own: a random UUID in base64.
        var made = Convert.ToBase64String(Guid.NewGuid().ToByteArray()).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        DurableText.Write(new LogDisk(), path, made);
        return made;
    }

    static string AdvertisedHost(BrokerOptions options) =>
        options.AdvertisedHost is { Length: > 0 } given ? given
        : options.Address.Equals(IPAddress.Any) || options.Address.Equals(IPAddress.IPv6Any) ? Dns.GetHostName()
        : options.Address.ToString();

    /// <summary>Closes the port, then the log. What is not acknowledged yet its producer sends again, to whoever listens then.</summary>
    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _groups.DisposeAsync();
        await _store.DisposeAsync();
    }
}
