using Batch.AppHost;

namespace Batch.Tests.Deployment;

/// <summary>Ports that the app host chooses are still free when the process that is to listen on one has started.</summary>
[Trait("Tier", "unit")]
public sealed class FreePortTests
{
    [Fact]
    public void A_free_port_is_none_that_an_outgoing_connection_may_take_and_is_given_once()
    {
        var ports = Enumerable.Range(0, 50).Select(_ => Ports.Free()).ToList();

        Assert.All(ports, port => Assert.InRange(port, 1024, 32_767));
        Assert.Equal(ports.Count, ports.Distinct().Count());
    }
}
