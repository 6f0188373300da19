using System.Diagnostics.CodeAnalysis;
using Batch.EmbeddedKafka.Protocol;

namespace Batch.EmbeddedKafka.Server;

/// <summary>Which requests are answered, in which versions, and by whom.</summary>
internal sealed class RequestTable
{
    readonly Dictionary<ApiKey, RequestHandler> _handlers;

    public RequestTable(IEnumerable<RequestHandler> handlers)
    {
        _handlers = handlers.ToDictionary(handler => handler.Key);
        All = [.. _handlers.Values.OrderBy(handler => handler.Key)];
    }

    public IReadOnlyList<RequestHandler> All { get; }

    public bool TryFind(ApiKey key, [NotNullWhen(true)] out RequestHandler? handler) => _handlers.TryGetValue(key, out handler);
}
