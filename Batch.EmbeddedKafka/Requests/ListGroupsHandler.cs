using Batch.EmbeddedKafka.Groups;
using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;

namespace Batch.EmbeddedKafka.Requests;

/// <summary>All groups, or those in some states (KIP-518). All are of the type "classic".</summary>
internal sealed class ListGroupsHandler(GroupCoordinator groups) : RequestHandler(ApiKey.ListGroups, 0, 5, flexibleFrom: 3)
{
    const string Classic = "classic";

    public override ValueTask HandleAsync(Request request, KafkaWriter response)
    {
        var version = request.Version;
        var reader = request.Read();
        var states = version >= 4 ? ReadFilter(ref reader) : [];
        var types = version >= 5 ? ReadFilter(ref reader) : [];
        var listed = groups.Groups.Select(group => group.Describe())
            .Where(group => group.State != GroupState.Dead
                && (states.Count == 0 || states.Contains(group.State.ToString()))
                && (types.Count == 0 || types.Contains(Classic)))
            .ToArray();

        if (version >= 1)
            response.Int32(0);
        response.Error(KafkaError.None);
        response.Array(listed.Length);
        foreach (var group in listed)
        {
            response.String(group.GroupId);
            response.String(group.ProtocolType);
            if (version >= 4)
                response.String(group.State.ToString());
            if (version >= 5)
                response.String(Classic);
            response.Tags();
        }
        response.Tags();
        return ValueTask.CompletedTask;
    }

    static HashSet<string> ReadFilter(ref KafkaReader reader)
    {
        var filter = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var left = reader.ArrayLength(); left > 0; left--)
            filter.Add(reader.String());
        return filter;
    }
}
