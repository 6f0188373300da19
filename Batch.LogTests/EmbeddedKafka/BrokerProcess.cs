using System.Globalization;

namespace Batch.Tests.EmbeddedKafka;

/// <summary>The embedded broker as a process of its own.</summary>
public sealed class BrokerProcess : EmbeddedServerProcess
{
    public BrokerProcess()
        : this(dataFolder: null)
    {
    }

    /// <param name="dataFolder">Where it keeps its data; null: in a folder of its own.</param>
    internal BrokerProcess(string? dataFolder)
        : base("Batch.EmbeddedKafka.dll", "batch-kafka-", dataFolder)
    {
    }

    /// <summary>Further command line arguments, also of the next restart.</summary>
    public IReadOnlyList<string> Arguments { get; set; } = [];

    /// <summary>For example <c>127.0.0.1:40123</c>. Stays the same over restarts.</summary>
    public string Servers => Address;

    public override int Port => int.Parse(Servers.Split(':')[^1], CultureInfo.InvariantCulture);

    protected override IEnumerable<string> MoreArguments => ["--min-free", "0", .. Arguments];
}
