using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Batch.Tests.Telemetry;

/// <summary>Takes OTLP over http/protobuf on a free port and keeps what arrives.</summary>
sealed class OtlpCollector : IAsyncDisposable
{
    public sealed record Span(string Name, string TraceId, string SpanId, string ParentId, string Service, IReadOnlyDictionary<string, string> Attributes);

    const string Route = "/v1/{signal}";

    readonly WebApplication _app;

    OtlpCollector(WebApplication app) => _app = app;

    public string Endpoint => _app.Urls.Single();

    /// <summary>Settings of a service that sends its telemetry here.</summary>
    public (string Key, string Value)[] Settings => [("OTEL_EXPORTER_OTLP_ENDPOINT", Endpoint), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")];

    public ConcurrentQueue<Span> Spans { get; } = new();
    public ConcurrentQueue<string> Metrics { get; } = new();
    public ConcurrentQueue<string> Logs { get; } = new();

    public static async Task<OtlpCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var collector = new OtlpCollector(app);
        app.MapPost(Route, async (string signal, HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            if (signal == "traces")
                collector.AddSpans(body.ToArray());
            else
                (signal == "metrics" ? collector.Metrics : collector.Logs).Enqueue(Encoding.UTF8.GetString(body.ToArray()));
            return Results.Bytes([], "application/x-protobuf");
        });
        await app.StartAsync();
        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    // ExportTraceServiceRequest.resource_spans = 1: { resource = 1, scope_spans = 2: { spans = 2: { trace_id = 1, span_id = 2, parent = 4, name = 5,
    // attributes = 9: { key = 1, value = 2: { string = 1 } } } } }
    void AddSpans(ReadOnlyMemory<byte> request)
    {
        foreach (var (_, resourceSpans) in Fields(request).Where(field => field.Number == 1))
        {
            var resource = Encoding.UTF8.GetString(Fields(resourceSpans).First(field => field.Number == 1).Bytes.Span);
            foreach (var (_, scopeSpans) in Fields(resourceSpans).Where(field => field.Number == 2))
            {
                foreach (var (_, span) in Fields(scopeSpans).Where(field => field.Number == 2))
                {
                    var fields = Fields(span).ToLookup(field => field.Number, field => field.Bytes);
                    // A service in this process sees the requests of the collector too.
                    if (Encoding.UTF8.GetString(fields[5].First().Span) == $"POST {Route}")
                        continue;
                    Spans.Enqueue(new Span(
                        Encoding.UTF8.GetString(fields[5].First().Span), Convert.ToHexStringLower(fields[1].First().Span),
                        Convert.ToHexStringLower(fields[2].First().Span), Convert.ToHexStringLower(fields[4].FirstOrDefault().Span), resource,
                        fields[9].Select(Attribute).ToDictionary()));
                }
            }
        }
    }

    /// <summary>Of a value that is no string the value is empty.</summary>
    static KeyValuePair<string, string> Attribute(ReadOnlyMemory<byte> message)
    {
        var fields = Fields(message).ToDictionary(field => field.Number, field => field.Bytes);
        var text = Fields(fields[2]).FirstOrDefault(field => field.Number == 1).Bytes;
        return new(Encoding.UTF8.GetString(fields[1].Span), Encoding.UTF8.GetString(text.Span));
    }

    /// <summary>The length-delimited fields of one protobuf message.</summary>
    static List<(int Number, ReadOnlyMemory<byte> Bytes)> Fields(ReadOnlyMemory<byte> message)
    {
        var fields = new List<(int, ReadOnlyMemory<byte>)>();
        var at = 0;
        while (at < message.Length)
        {
            var key = Varint();
            switch (key & 7)
            {
                case 0:
                    Varint();
                    break;
                case 1:
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint();
                    fields.Add(((int)(key >> 3), message.Slice(at, length)));
                    at += length;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    throw new FormatException($"Wire type {key & 7}.");
            }
        }

        return fields;

        ulong Varint()
        {
            ulong value = 0;
            for (var shift = 0; ; shift += 7)
            {
                var b = message.Span[at++];
                value |= (ulong)(b & 0x7f) << shift;
                if (b < 0x80)
                    return value;
            }
        }
    }
}
