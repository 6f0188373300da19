using Batch.EmbeddedKafka.Groups;
using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;

namespace Batch.EmbeddedKafka.Requests;

/// <summary>A member joins, and waits for the others.</summary>
internal sealed class JoinGroupHandler(GroupCoordinator groups) : RequestHandler(ApiKey.JoinGroup, 0, 9, flexibleFrom: 6)
{
    public override async ValueTask HandleAsync(Request request, KafkaWriter response)
    {
        var (groupId, join) = Read(request);
        // A client that is gone is out by its timeouts, as in Kafka; only the answer is not waited for.
        var result = await groups.JoinAsync(groupId, join).WaitAsync(request.Aborted);
        Write(response, request.Version, result);
    }

    static (string GroupId, JoinRequest Join) Read(Request request)
    {
        var version = request.Version;
        var reader = request.Read();
        var groupId = reader.String();
        var sessionTimeout = reader.Int32();
        var rebalanceTimeout = version >= 1 ? reader.Int32() : sessionTimeout;
        var memberId = reader.String();
        var instanceId = version >= 5 ? reader.NullableString() : null;
        var protocolType = reader.String();
        var protocols = new List<MemberProtocol>();
        for (var left = reader.ArrayLength(); left > 0; left--)
        {
            protocols.Add(new MemberProtocol(reader.String(), reader.ByteArray()));
            reader.Tags();
        }
        var reason = version >= 8 ? reader.NullableString() : null;
        return (groupId, new JoinRequest(
            memberId, instanceId, request.ClientId ?? "", $"/{request.Client}", sessionTimeout, Math.Max(0, rebalanceTimeout),
            protocolType, protocols, RequireKnownMemberId: version >= 4, CanSkipAssignment: version >= 9, reason));
    }

    static void Write(KafkaWriter response, short version, JoinResult result)
    {
        if (version >= 2)
            response.Int32(0);
        response.Error(result.Error);
        response.Int32(result.Generation);
        if (version >= 7)
            response.String(result.ProtocolType);
        response.String(version >= 7 ? result.Protocol : result.Protocol ?? "");
        response.String(result.Leader);
        if (version >= 9)
            response.Bool(result.SkipAssignment);
        response.String(result.MemberId);
        response.Array(result.Members.Count);
        foreach (var member in result.Members)
        {
            response.String(member.MemberId);
            if (version >= 5)
                response.String(member.InstanceId);
            response.Bytes(member.Metadata);
            response.Tags();
        }
        response.Tags();
    }
}
