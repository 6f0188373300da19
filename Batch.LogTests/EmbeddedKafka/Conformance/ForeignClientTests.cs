using System.Diagnostics;
using Batch.Tests.Deployment;

namespace Batch.Tests.EmbeddedKafka.Conformance;

/// <summary>Clients that we did not write get along with the embedded broker, over a restart of it. Confluent.Kafka's part is the log's contract.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class ForeignClientTests(BrokerProcess broker) : IClassFixture<BrokerProcess>
{
    const string Kcat = "/usr/bin/kcat";

    [SkippableFact]
    public Task Kafkajs_makes_topics_produces_consumes_in_a_group_and_administers() => NodeClient.RunAsync("kafkajs.mjs", broker);

    [SkippableFact]
    public Task Platformatic_kafka_does_so_with_the_newest_versions_of_the_requests() => NodeClient.RunAsync("platformatic.mjs", broker);

    [SkippableFact]
    public async Task Kcat_produces_consumes_and_asks_for_offsets_also_after_a_restart()
    {
        Tool.Require(Kcat);
        var topic = "kcat-" + Guid.NewGuid().ToString("N");
        // The topic is made by being asked for, as by Kafka's default.
        await KcatAsync("one\ntwo\nthree\n", "-P", "-t", topic, "-p", "0");
        broker.Kill9();
        await broker.RestartAsync();
        await KcatAsync("four\n", "-P", "-t", topic, "-p", "0", "-z", "lz4", "-X", "enable.idempotence=true", "-H", "a=b", "-k", "key");

        Assert.Equal("0 one\n1 two\n2 three\n3 four\n", await KcatAsync("", "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f", "%o %s\n"));
        Assert.Equal("key a=b four\n", await KcatAsync("", "-C", "-t", topic, "-o", "3", "-e", "-q", "-f", "%k %h %s\n"));
        Assert.Equal("three\nfour\n", await KcatAsync("", "-C", "-t", topic, "-o", "-2", "-e", "-q"));
        Assert.Equal($"{topic} [0] offset 4\n", await KcatAsync("", "-Q", "-t", $"{topic}:0:-1"));
        Assert.Equal($"{topic} [0] offset 0\n", await KcatAsync("", "-Q", "-t", $"{topic}:0:0"));
        Assert.Contains($"topic \"{topic}\" with 1 partitions", await KcatAsync("", "-L"), StringComparison.Ordinal);
        // The balanced consumer: all there is, then nothing is left for the same group.
        Assert.Equal("one\ntwo\nthree\nfour\n", await KcatAsync("", "-G", $"g-{topic}", "-e", "-q", "-X", "auto.offset.reset=earliest", topic));
        Assert.Equal("", await KcatAsync("", "-G", $"g-{topic}", "-e", "-q", "-X", "auto.offset.reset=earliest", topic));
    }

    async Task<string> KcatAsync(string input, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Kcat, ["-b", broker.Servers, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
        }
        Assert.True(process.HasExited && process.ExitCode == 0, $"kcat {string.Join(' ', arguments)} failed: {await errors}");
        return await output;
    }
}
