using System.Net;
using System.Net.Sockets;
using Batch.AppHost;
using Batch.Client;

namespace Batch.Tests.EndToEnd.Cluster;

/// <summary>Processes start in any order, and stay up without what they depend on.</summary>
[Collection("cluster")]
[Trait("Tier", "system")]
public sealed class ClusterStartTests(ClusterParts parts)
{
    [SkippableFact]
    public async Task Without_a_broker_the_API_is_up_and_says_so_the_workers_are_quiet_and_all_heals_by_itself()
    {
        var port = Ports.Free();
        await using var cluster = BatchCluster.Create(parts, servers: $"127.0.0.1:{port}");
        await Task.WhenAll([cluster.ApiProcess.StartAsync(), .. cluster.Workers.Select(worker => worker.StartAsync())]);
        var model = await cluster.Api.CreateModelAsync(CsvText.Purchases(), default);

        var refused = await Assert.ThrowsAsync<BatchApiException>(() => cluster.UploadAsync(model));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "LOG_UNAVAILABLE"), (refused.StatusCode, refused.Code));
        Assert.Contains($"127.0.0.1:{port}", refused.Message, StringComparison.Ordinal);
        Assert.Empty((await cluster.Api.ListJobsAsync(new JobQuery(), default)).Jobs);
        Assert.Contains("degraded", await cluster.ApiProcess.GetAsync("health"), StringComparison.OrdinalIgnoreCase);

        await Task.Delay(5_000);
        // The API says it of the log, and that it does not know what the workers have to do.
        foreach (var process in cluster.Workers.Append(cluster.ApiProcess))
            Assert.InRange(process.Lines.Count(line => line.Contains("127.0.0.1:" + port, StringComparison.Ordinal)), 1, 5);

        // It is there now, at the address that they were given from the start.
        await using var door = new Door(port, parts.Servers);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        (Model, JobStatus Job)? uploaded = null;
        while (uploaded is null)
        {
            try
            {
                uploaded = await cluster.UploadAsync(model);
            }
            catch (BatchApiException exception) when (exception.Code == "LOG_UNAVAILABLE")
            {
                await Task.Delay(500, limit.Token);
            }
        }
        await cluster.EndsWithEveryRowOnceAsync(uploaded.Value.Job);
        Assert.DoesNotContain("degraded", await cluster.ApiProcess.GetAsync("health"), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>A port that leads to the broker: its address for those who ask first; it tells them its own.</summary>
    sealed class Door : IAsyncDisposable
    {
        readonly TcpListener _listener;
        readonly Task _opening;

        public Door(int port, string servers)
        {
            var broker = servers.Split(',')[0].Split(':');
            _listener = new TcpListener(IPAddress.Loopback, port);
            _listener.Start();
            _opening = OpenAsync(broker[0], int.Parse(broker[1]));
        }

        async Task OpenAsync(string host, int port)
        {
            while (true)
            {
                TcpClient from;
                try
                {
                    from = await _listener.AcceptTcpClientAsync();
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    return;
                }
                _ = PassAsync(from, host, port);
            }
        }

        static async Task PassAsync(TcpClient from, string host, int port)
        {
            using var to = new TcpClient();
            using (from)
            {
                try
                {
                    await to.ConnectAsync(host, port);
                    await Task.WhenAny(from.GetStream().CopyToAsync(to.GetStream()), to.GetStream().CopyToAsync(from.GetStream()));
                }
                catch (Exception e) when (e is IOException or SocketException)
                {
                    // One side is gone, and so is the other.
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _opening;
        }
    }
}
