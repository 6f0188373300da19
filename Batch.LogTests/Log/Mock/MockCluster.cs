using System.Reflection;
using System.Runtime.InteropServices;

namespace Batch.Tests.Log.Mock;

/// <summary>librdkafka's mock cluster, one broker on a free local port.</summary>
/// <remarks>
/// It is no Kafka: topics cannot be made by a client, a partition keeps about 5 MB and drops what is older, a group takes its session
/// timeout less a second to agree again, and an empty fetch is held for its whole wait.
/// </remarks>
sealed unsafe partial class MockCluster : IDisposable
{
    const string Library = "librdkafka";
    // The same without Kerberos, for where there is no libsasl2: Confluent.Kafka falls back to it too.
    const string LibraryWithoutSasl = "centos8-librdkafka";
    const int Producer = 0;
    const int UnknownTopic = 3;
    // SIG_SETMASK of Linux and of macOS.
    static readonly int SetMask = OperatingSystem.IsMacOS() ? 3 : 2;

    readonly nint _client;
    readonly nint _cluster;

    static MockCluster() => NativeLibrary.SetDllImportResolver(typeof(MockCluster).Assembly, Resolve);

    static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
        name != Library ? 0
        : NativeLibrary.TryLoad(Library, assembly, path, out var library) ? library
        : NativeLibrary.Load(LibraryWithoutSasl, assembly, path);

    public MockCluster()
    {
        Span<byte> error = stackalloc byte[512];
        fixed (byte* text = error)
            _client = rd_kafka_new(Producer, 0, text, (nuint)error.Length);
        if (_client == 0)
            throw new InvalidOperationException("librdkafka gave no client.");
        _cluster = NewCluster(_client);
        rd_kafka_mock_group_initial_rebalance_delay_ms(_cluster, 100);
        // Without one, a client that asks for a topic's settings waits for it instead of being told that there are none.
        rd_kafka_mock_set_controller_id(_cluster, 1);
    }

    /// <summary>
    /// The cluster's thread takes a poll that a signal broke off for its end. The runtime handles SIGCONT, so that thread must not be the
    /// one that gets it: it inherits a mask that blocks every signal.
    /// </summary>
    static nint NewCluster(nint client)
    {
        // As large as the sigset_t of any Unix (glibc's has 128 bytes).
        var all = stackalloc byte[128];
        var before = stackalloc byte[128];
        new Span<byte>(all, 128).Fill(byte.MaxValue);
        if (pthread_sigmask(SetMask, all, before) != 0)
            throw new InvalidOperationException("The signals could not be blocked.");
        try
        {
            return rd_kafka_mock_cluster_new(client, 1);
        }
        finally
        {
            _ = pthread_sigmask(SetMask, before, null);
        }
    }

    public string Bootstraps => Marshal.PtrToStringUTF8(rd_kafka_mock_cluster_bootstraps(_cluster))!;

    /// <summary>Does what a line says; null, or what is wrong with it.</summary>
    public string? Obey(string line)
    {
        var code = line.Split(' ', StringSplitOptions.RemoveEmptyEntries) switch
        {
            ["topic", var name, var partitions] => rd_kafka_mock_topic_create(_cluster, name, int.Parse(partitions), 1),
            ["hide", var topic] => SetError(topic, UnknownTopic),
            ["show", var topic] => SetError(topic, 0),
            ["down"] => rd_kafka_mock_broker_set_down(_cluster, 1),
            ["up"] => rd_kafka_mock_broker_set_up(_cluster, 1),
            ["rtt", var milliseconds] => rd_kafka_mock_broker_set_rtt(_cluster, 1, int.Parse(milliseconds)),
            ["errors", var request, .. var codes] => Push(short.Parse(request), [.. codes.Select(int.Parse)]),
            ["forget", var topic, var partition, var before] =>
                rd_kafka_mock_partition_delete_records(_cluster, topic, int.Parse(partition), long.Parse(before)),
            _ => int.MinValue,
        };
        return code switch
        {
            0 => null,
            int.MinValue => $"not understood: {line}",
            _ => $"error {code}: {line}",
        };
    }

    /// <summary>The next requests of this kind are answered with these errors, one after the other.</summary>
    int Push(short request, int[] codes)
    {
        rd_kafka_mock_push_request_errors_array(_cluster, request, (nuint)codes.Length, codes);
        return 0;
    }

    int SetError(string topic, int code)
    {
        rd_kafka_mock_topic_set_error(_cluster, topic, code);
        return 0;
    }

    public void Dispose()
    {
        rd_kafka_mock_cluster_destroy(_cluster);
        rd_kafka_destroy(_client);
    }

    [LibraryImport("libc")]
    private static partial int pthread_sigmask(int how, byte* mask, byte* before);

    [LibraryImport(Library)]
    private static partial nint rd_kafka_new(int type, nint configuration, byte* error, nuint errorSize);

    [LibraryImport(Library)]
    private static partial void rd_kafka_destroy(nint client);

    [LibraryImport(Library)]
    private static partial nint rd_kafka_mock_cluster_new(nint client, int brokers);

    [LibraryImport(Library)]
    private static partial void rd_kafka_mock_cluster_destroy(nint cluster);

    [LibraryImport(Library)]
    private static partial nint rd_kafka_mock_cluster_bootstraps(nint cluster);

    [LibraryImport(Library)]
    private static partial void rd_kafka_mock_group_initial_rebalance_delay_ms(nint cluster, int milliseconds);

    [LibraryImport(Library)]
    private static partial void rd_kafka_mock_set_controller_id(nint cluster, int broker);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rd_kafka_mock_topic_create(nint cluster, string topic, int partitions, int replicas);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial void rd_kafka_mock_topic_set_error(nint cluster, string topic, int code);

    [LibraryImport(Library)]
    private static partial int rd_kafka_mock_broker_set_down(nint cluster, int broker);

    [LibraryImport(Library)]
    private static partial int rd_kafka_mock_broker_set_up(nint cluster, int broker);

    [LibraryImport(Library)]
    private static partial int rd_kafka_mock_broker_set_rtt(nint cluster, int broker, int milliseconds);

    [LibraryImport(Library)]
    private static partial void rd_kafka_mock_push_request_errors_array(nint cluster, short request, nuint count, int[] codes);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rd_kafka_mock_partition_delete_records(nint cluster, string topic, int partition, long before);
}
