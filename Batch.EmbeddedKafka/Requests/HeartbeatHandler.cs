using Batch.EmbeddedKafka.Groups;
using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;

namespace Batch.EmbeddedKafka.Requests;

/// <summary>A member says that it is there, and hears whether a rebalance is on.</summary>
internal sealed class HeartbeatHandler(GroupCoordinator groups) : RequestHandler(ApiKey.Heartbeat, 0, 4, flexibleFrom: 4)
{
    public override ValueTask HandleAsync(Request request, KafkaWriter response)
    {
        var reader = request.Read();
        var groupId = reader.String();
        var generation = reader.Int32();
        var memberId = reader.String();
        var instanceId = request.Version >= 3 ? reader.NullableString() : null;
        if (request.Version >= 1)
            response.Int32(0);
        response.Error(groups.Heartbeat(groupId, generation, memberId, instanceId));
        response.Tags();
        return ValueTask.CompletedTask;
    }
}
