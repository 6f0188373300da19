using Batch.MockBroker;

// First line out: the bootstrap servers. Then a line out, "ok" or what is wrong, for each line in. Ends when its input does, and so with
// the process that started it.
//
//   topic NAME PARTITIONS     makes a topic
//   down | up                 the broker cuts its connections and takes no more; takes them again
//   rtt MILLISECONDS          every answer takes this long
//   errors REQUEST CODE...    the next requests of this kind (0 produce, 1 fetch, 8 commit ...) fail with these codes
//   forget TOPIC PARTITION N  deletes the records below offset N, as retention would
using var cluster = new MockCluster();
Console.WriteLine(cluster.Bootstraps);
while (Console.ReadLine() is { } line)
    Console.WriteLine(cluster.Obey(line) ?? "ok");
