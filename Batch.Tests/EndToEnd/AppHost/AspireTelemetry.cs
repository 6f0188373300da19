using System.Text.Json;

namespace Batch.Tests.EndToEnd.AppHost;

/// <summary>What the Aspire dashboard has been told, by its own API.</summary>
sealed class AspireTelemetry(AppHostProcess system)
{
    static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(30);

    public sealed record Span(
        string Service, string Instance, string Trace, string Id, string Parent, string Name, IReadOnlyDictionary<string, string> Attributes);

    public sealed record Log(string Service, string Category, string Severity, string Body, string? Trace);

    public Uri Page => system.DashboardAddress;

    /// <summary>All spans of the trace that has one of this name, once it is as <paramref name="whole"/> wants it.</summary>
    public async Task<IReadOnlyList<Span>> TraceOfAsync(string name, Func<IReadOnlyList<Span>, bool> whole)
    {
        IReadOnlyList<Span> trace = [];
        for (var deadline = DateTime.UtcNow + TestTimeout; DateTime.UtcNow < deadline; await Task.Delay(250))
        {
            var spans = await SpansAsync();
            if (spans.FirstOrDefault(span => span.Name == name) is not { } found)
                continue;
            trace = [.. spans.Where(span => span.Trace == found.Trace)];
            if (whole(trace))
                return trace;
        }

        throw new TimeoutException($"The trace of '{name}' has only {string.Join(", ", trace.Select(span => $"{span.Service}: {span.Name}"))}.");
    }

    /// <summary>All log lines, once there are as many as are expected of one category.</summary>
    public async Task<IReadOnlyList<Log>> LogsAsync(Func<IReadOnlyList<Log>, bool> whole)
    {
        for (var deadline = DateTime.UtcNow + TestTimeout; ; await Task.Delay(250))
        {
            var logs = new List<Log>();
            foreach (var (service, _, scope, record) in await ReadAsync("logs", "resourceLogs", "scopeLogs", "logRecords"))
            {
                logs.Add(new Log(
                    service, scope.GetProperty("name").GetString()!, record.GetProperty("severityText").GetString()!,
                    record.GetProperty("body").GetProperty("stringValue").GetString()!,
                    record.TryGetProperty("traceId", out var trace) ? trace.GetString() : null));
            }

            if (whole(logs) || DateTime.UtcNow > deadline)
                return logs;
        }
    }

    async Task<List<Span>> SpansAsync() => (await ReadAsync("traces", "resourceSpans", "scopeSpans", "spans")).ConvertAll(item => new Span(
        item.Service, item.Instance, Text(item.Record, "traceId"), Text(item.Record, "spanId"), Text(item.Record, "parentSpanId"), Text(item.Record, "name"),
        Attributes(item.Record)));

    async Task<List<(string Service, string Instance, JsonElement Scope, JsonElement Record)>> ReadAsync(
        string signal, string resources, string scopes, string records)
    {
        var body = JsonDocument.Parse(await system.Http.GetStringAsync(new Uri(Page, $"/api/telemetry/{signal}"))).RootElement;
        return
        [
            .. from resource in List(body.GetProperty("data"), resources)
               from scope in List(resource, scopes)
               from record in List(scope, records)
               let sender = Attributes(resource.GetProperty("resource"))
               select (sender["service.name"], sender["service.instance.id"], scope.GetProperty("scope"), record),
        ];
    }

    static IEnumerable<JsonElement> List(JsonElement of, string name) => of.TryGetProperty(name, out var list) ? list.EnumerateArray() : [];

    static string Text(JsonElement of, string name) => of.TryGetProperty(name, out var text) ? text.GetString() ?? "" : "";

    static Dictionary<string, string> Attributes(JsonElement of) => List(of, "attributes").ToDictionary(
        attribute => Text(attribute, "key"), attribute => attribute.GetProperty("value").EnumerateObject().First().Value.ToString());
}
