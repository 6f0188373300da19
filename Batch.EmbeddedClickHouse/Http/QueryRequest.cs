using Batch.EmbeddedClickHouse.Engine;

namespace Batch.EmbeddedClickHouse.Http;

/// <summary>What a request asks for, apart from its body.</summary>
internal sealed class QueryRequest
{
    // As on a server these are not settings. What they ask for is either done here or of no use here; there are no sessions, every
    // request stands alone.
    static readonly HashSet<string> Reserved =
    [
        "", "query", "query_id", "user", "password", "quota_key", "database", "default_format", "stacktrace", "buffer_size",
        "wait_end_of_query", "client_protocol_version", "role", "session_id", "session_timeout", "session_check", "close_session",
        "compress", "decompress", "log_comment",
    ];

    internal required string Query { get; init; }
    internal required string QueryId { get; init; }
    internal required string Database { get; init; }
    internal required string DefaultFormat { get; init; }

    /// <summary>GET and HEAD may not change anything, nor may who says so with the setting <c>readonly</c>.</summary>
    internal required bool IsReadOnly { get; init; }

    /// <summary>The answer begins when the result is complete, so that an error always has its status.</summary>
    internal required bool WaitForEnd { get; init; }
    internal required bool AllowsCompression { get; init; }
    internal required IReadOnlyDictionary<string, string> Settings { get; init; }
    internal required IReadOnlyList<KeyValuePair<string, string>> Parameters { get; init; }

    /// <exception cref="EngineException">It asks for what is not offered.</exception>
    internal static QueryRequest Read(HttpRequest request)
    {
        var query = request.Query;
        string First(string header, string parameter, string otherwise) =>
            request.Headers[header].ToString() is { Length: > 0 } fromHeader ? fromHeader
            : query[parameter].ToString() is { Length: > 0 } fromUrl ? fromUrl
            : otherwise;

        foreach (var name in (ReadOnlySpan<string>)["compress", "decompress"])
        {
            if (IsOn(query[name]))
            {
                throw EngineException.NotImplemented($"'{name}' (ClickHouse's own block compression) is not offered; use HTTP compression.");
            }
        }
        if (request.ContentType?.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) == true)
        {
            throw EngineException.NotImplemented("External tables (multipart forms) are not offered.");
        }
        var settings = new Dictionary<string, string>();
        var isReadOnly = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        var parameters = new List<KeyValuePair<string, string>>();
        foreach (var (name, values) in query)
        {
            var value = values.Count > 0 ? values[^1] ?? "" : "";
            if (name.StartsWith("param_", StringComparison.Ordinal))
            {
                parameters.Add(new(name["param_".Length..], value));
            }
            else if (name == "readonly" && value is ("1" or "2"))
            {
                // A connection that is read-only stays so, so it is one of those.
                isReadOnly = true;
            }
            else if (!Reserved.Contains(name))
            {
                settings[name] = value;
            }
        }
        return new QueryRequest
        {
            Query = query["query"].ToString(),
            QueryId = Printable(First("X-ClickHouse-Query-Id", "query_id", Guid.NewGuid().ToString())),
            Database = First("X-ClickHouse-Database", "database", "default"),
            DefaultFormat = First("X-ClickHouse-Format", "default_format", "TabSeparated"),
            IsReadOnly = isReadOnly,
            WaitForEnd = IsOn(query["wait_end_of_query"]),
            AllowsCompression = IsOn(query["enable_http_compression"]),
            Settings = settings,
            Parameters = parameters,
        };
    }

    // It is echoed in a header.
    static string Printable(string queryId) => queryId.AsSpan().ContainsAnyExceptInRange(' ', '~')
        ? throw EngineException.Of(ErrorCode.BadArguments, "BAD_ARGUMENTS", "The query_id must be of printable ASCII characters.")
        : queryId;

    static bool IsOn(string? value) => value is "1" or "true";
}
