using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Batch.AppHost;

/// <summary>Ports of this machine; 0 stands for any free one until <c>ChooseAsync</c> has chosen.</summary>
/// <param name="Otlp">Where the dashboard takes telemetry; beside its page.</param>
internal sealed record Ports(int Api, int ClickHouse, int Kafka, int Metrics, int Dashboard, int Otlp)
{
    const int FirstFree = 20_000, FirstOfOutgoing = 32_768;
    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    static readonly ConcurrentDictionary<int, bool> Given = new();

    public static Ports Default => new(
        Topology.ApiPort, Topology.ClickHousePort, Topology.KafkaPort, Topology.WorkerMetricsPort, Topology.DashboardPort, Topology.DashboardPort + 1);

    /// <summary>Puts free ports in the place of zeros, and makes sure that nobody has the others.</summary>
    /// <param name="own">Log and ClickHouse are started here.</param>
    /// <param name="timeout">How long a port may still be taken: processes of an instance that was killed end within seconds.</param>
    /// <exception cref="AppHostException">A port is taken; the message names it and the option that changes it.</exception>
    public async Task<Ports> ChooseAsync(IPAddress bind, bool own, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var loopback = IPAddress.Loopback;
        async Task<int> ChooseOneAsync(int port, string what, string option, IPAddress address)
        {
            if (port == 0)
                return Free();
            while (!IsFree(port, address))
            {
                if (time.GetElapsedTime(started) >= timeout)
                    throw new AppHostException($"Port {port} for the {what} is in use. Stop the process that uses it, or choose another port with {option}.");
                await Task.Delay(Poll, time, cancellationToken);
            }
            return port;
        }

        return new Ports(
            await ChooseOneAsync(Api, "API", "--port", bind),
            own ? await ChooseOneAsync(ClickHouse, "ClickHouse", "--clickhouse-port", bind) : ClickHouse,
            own ? await ChooseOneAsync(Kafka, "log", "--kafka-port", bind) : Kafka,
            await ChooseOneAsync(Metrics, "worker metrics", "--metrics-port", loopback),
            await ChooseOneAsync(Dashboard, "dashboard", "--dashboard-port", loopback),
            await ChooseOneAsync(Otlp, "telemetry of the dashboard", "--dashboard-port", loopback));
    }

    /// <summary>A port that nobody has now, and that this did not return before.</summary>
    /// <remarks>
    /// Of those below 32768: the system takes the higher ones for outgoing connections (Linux: <c>ip_local_port_range</c>), so that one of
    /// them can be gone before the process that is meant to listen on it has started.
    /// </remarks>
    public static int Free()
    {
        while (true)
        {
            var port = Random.Shared.Next(FirstFree, FirstOfOutgoing);
            if (IsFree(port, IPAddress.Loopback) && Given.TryAdd(port, true))
                return port;
        }
    }

    static bool IsFree(int port, IPAddress bind)
    {
        try
        {
            using var listener = new TcpListener(bind, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
