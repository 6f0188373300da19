using Batch.EmbeddedKafka.Groups;
using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;

namespace Batch.EmbeddedKafka.Requests;

/// <summary>The leader brings the assignment, and every member fetches its part.</summary>
internal sealed class SyncGroupHandler(GroupCoordinator groups) : RequestHandler(ApiKey.SyncGroup, 0, 5, flexibleFrom: 4)
{
    public override async ValueTask HandleAsync(Request request, KafkaWriter response)
    {
        var (groupId, sync) = Read(request);
        // KIP-559: from version 5 on the protocol has to be said.
        var result = request.Version >= 5 && (sync.ProtocolType is null || sync.Protocol is null)
            ? SyncResult.Failed(KafkaError.InconsistentGroupProtocol)
            : await groups.SyncAsync(groupId, sync).WaitAsync(request.Aborted);
        if (request.Version >= 1)
            response.Int32(0);
        response.Error(result.Error);
        if (request.Version >= 5)
        {
            response.String(result.ProtocolType);
            response.String(result.Protocol);
        }
        response.Bytes(result.Assignment);
        response.Tags();
    }

    static (string GroupId, SyncRequest Sync) Read(Request request)
    {
        var version = request.Version;
        var reader = request.Read();
        var groupId = reader.String();
        var generation = reader.Int32();
        var memberId = reader.String();
        var instanceId = version >= 3 ? reader.NullableString() : null;
        var protocolType = version >= 5 ? reader.NullableString() : null;
        var protocol = version >= 5 ? reader.NullableString() : null;
        var assignments = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        for (var left = reader.ArrayLength(); left > 0; left--)
        {
            var member = reader.String();
            assignments[member] = reader.ByteArray();
            reader.Tags();
        }
        return (groupId, new SyncRequest(generation, memberId, instanceId, protocolType, protocol, assignments));
    }
}
