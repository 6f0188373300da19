using Batch.EmbeddedKafka.Groups;
using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;

namespace Batch.EmbeddedKafka.Requests;

/// <summary>Groups with their members. A group that is not there is "Dead", without an error, as in Kafka.</summary>
internal sealed class DescribeGroupsHandler(GroupCoordinator groups) : RequestHandler(ApiKey.DescribeGroups, 0, 5, flexibleFrom: 5)
{
    // KIP-430: a bit by AclOperation. Everything that can be done with a group may be: read (3), delete (6), describe (8).
    const int AllOperations = 1 << 3 | 1 << 6 | 1 << 8;
    const int OperationsNotAsked = int.MinValue;

    public override ValueTask HandleAsync(Request request, KafkaWriter response)
    {
        var version = request.Version;
        var reader = request.Read();
        var asked = new List<string>();
        for (var left = reader.ArrayLength(); left > 0; left--)
            asked.Add(reader.String());
        var operations = version >= 3 && reader.Bool() ? AllOperations : OperationsNotAsked;

        if (version >= 1)
            response.Int32(0);
        response.Array(asked.Count);
        foreach (var groupId in asked)
            Write(response, version, groups.Find(groupId)?.Describe() ?? new GroupDescription(groupId, GroupState.Dead, "", "", []), operations);
        response.Tags();
        return ValueTask.CompletedTask;
    }

    static void Write(KafkaWriter response, short version, GroupDescription group, int operations)
    {
        response.Error(KafkaError.None);
        response.String(group.GroupId);
        response.String(group.State.ToString());
        response.String(group.ProtocolType);
        response.String(group.Protocol);
        response.Array(group.Members.Count);
        foreach (var member in group.Members)
        {
            response.String(member.MemberId);
            if (version >= 4)
                response.String(member.InstanceId);
            response.String(member.ClientId);
            response.String(member.ClientHost);
            response.Bytes(member.Metadata);
            response.Bytes(member.Assignment);
            response.Tags();
        }
        if (version >= 3)
            response.Int32(operations);
        response.Tags();
    }
}
