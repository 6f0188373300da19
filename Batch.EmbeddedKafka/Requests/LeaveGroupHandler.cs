using Batch.EmbeddedKafka.Groups;
using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;

namespace Batch.EmbeddedKafka.Requests;

/// <summary>Members leave: one up to version 2, several from version 3 on.</summary>
internal sealed class LeaveGroupHandler(GroupCoordinator groups) : RequestHandler(ApiKey.LeaveGroup, 0, 5, flexibleFrom: 4)
{
    public override ValueTask HandleAsync(Request request, KafkaWriter response)
    {
        var version = request.Version;
        var reader = request.Read();
        var groupId = reader.String();
        var leaving = new List<LeavingMember>();
        if (version < 3)
            leaving.Add(new LeavingMember(reader.String(), null, null));
        for (var left = version >= 3 ? reader.ArrayLength() : 0; left > 0; left--)
        {
            leaving.Add(new LeavingMember(reader.String(), reader.NullableString(), version >= 5 ? reader.NullableString() : null));
            reader.Tags();
        }

        var (error, members) = groups.Leave(groupId, leaving);
        if (version >= 1)
            response.Int32(0);
        response.Error(version < 3 && error == KafkaError.None ? members[0] : error);
        if (version >= 3)
        {
            response.Array(members.Length);
            for (var i = 0; i < members.Length; i++)
            {
                response.String(leaving[i].MemberId);
                response.String(leaving[i].InstanceId);
                response.Error(members[i]);
                response.Tags();
            }
        }
        response.Tags();
        return ValueTask.CompletedTask;
    }
}
