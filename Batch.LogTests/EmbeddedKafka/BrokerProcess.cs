using System.Globalization;

namespace Batch.Tests.EmbeddedKafka;

/// <summary>The embedded broker as a process of its own.</summary>
public sealed class BrokerProcess() : EmbeddedServerProcess("Batch.EmbeddedKafka.dll", "batch-kafka-")
{
    /// <summary>Further command line arguments, also of the next restart.</summary>
    public IReadOnlyList<string> Arguments { get; set; } = [];

    /// <summary>For example <c>127.0.0.1:40123</c>. Stays the same over restarts.</summary>
    public string Servers => Address;

    public override int Port => int.Parse(Servers.Split(':')[^1], CultureInfo.InvariantCulture);

    protected override IEnumerable<string> MoreArguments => ["--min-free", "0", .. Arguments];
}
