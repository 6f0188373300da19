namespace Batch.Tests.Log.Mock;

/// <summary>librdkafka's mock cluster as a process: <c>dotnet Batch.LogTests.dll mock-broker</c>.</summary>
/// <remarks>
/// First line out: the bootstrap servers. Then a line out, "ok" or what is wrong, for each line in. Ends when its input does, and so with
/// the process that started it.
/// <code>
/// topic NAME PARTITIONS     makes a topic
/// down | up                 the broker cuts its connections and takes no more; takes them again
/// hide TOPIC | show TOPIC   the broker says that there is no such topic; there is one again
/// rtt MILLISECONDS          every answer takes this long
/// errors REQUEST CODE...    the next requests of this kind (0 produce, 1 fetch, 8 commit ...) fail with these codes
/// forget TOPIC PARTITION N  deletes the records below offset N, as retention would
/// </code>
/// </remarks>
static class MockBrokerProgram
{
    public const string Name = "mock-broker";

    public static int Run()
    {
        using var cluster = new MockCluster();
        Console.WriteLine(cluster.Bootstraps);
        while (Console.ReadLine() is { } line)
            Console.WriteLine(cluster.Obey(line) ?? "ok");
        return 0;
    }
}
