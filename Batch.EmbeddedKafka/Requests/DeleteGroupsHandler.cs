using Batch.EmbeddedKafka.Groups;
using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;

namespace Batch.EmbeddedKafka.Requests;

/// <summary>Forgets groups without members, and what they committed.</summary>
internal sealed class DeleteGroupsHandler(GroupCoordinator groups) : RequestHandler(ApiKey.DeleteGroups, 0, 2, flexibleFrom: 2)
{
    public override async ValueTask HandleAsync(Request request, KafkaWriter response)
    {
        var ids = Read(request);
        var errors = await Task.WhenAll(ids.Select(groups.DeleteAsync));
        response.Int32(0);
        response.Array(ids.Length);
        for (var i = 0; i < ids.Length; i++)
        {
            response.String(ids[i]);
            response.Error(errors[i]);
            response.Tags();
        }
        response.Tags();
    }

    static string[] Read(Request request)
    {
        var reader = request.Read();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        for (var left = reader.ArrayLength(); left > 0; left--)
            ids.Add(reader.String());
        return [.. ids];
    }
}
