using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Batch.ServiceDefaults.Health;

/// <summary>Writes a health report as JSON.</summary>
static class HealthReportWriter
{
    // {"status":"degraded","checks":{"self":{"status":"healthy","duration_ms":0},
    //  "clickhouse":{"status":"degraded","duration_ms":12.3,"reason":"Connection refused (localhost:8123)"}}}
    public static async Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "application/json";
        var json = new Utf8JsonWriter(context.Response.BodyWriter);
        await using (json.ConfigureAwait(false))
        {
            json.WriteStartObject();
            json.WriteString("status", NameOf(report.Status));
            json.WriteStartObject("checks");
            foreach (var (name, entry) in report.Entries.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            {
                json.WriteStartObject(name);
                json.WriteString("status", NameOf(entry.Status));
                json.WriteNumber("duration_ms", Math.Round(entry.Duration.TotalMilliseconds, 1));
                if (entry.Description is { } reason)
                    json.WriteString("reason", reason);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }
    }

    static string NameOf(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "healthy",
        HealthStatus.Degraded => "degraded",
        _ => "unhealthy",
    };
}
