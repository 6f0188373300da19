using Batch.Core.ClickHouse;
using Batch.Core.Jobs;
using Batch.Core.Log;
using Batch.ServiceDefaults;
using Batch.ServiceDefaults.Health;
using Batch.Worker.Chunks;

namespace Batch.Worker;

/// <summary>A worker process: members of the consumer group, and its metrics and health on port 9090.</summary>
public static class WorkerApplication
{
    /// <param name="configure">For a host that brings its own log or addresses.</param>
    public static WebApplication Create(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        configure?.Invoke(builder);
        if (string.IsNullOrEmpty(builder.Configuration["urls"]) && string.IsNullOrEmpty(builder.Configuration["http_ports"]))
            builder.WebHost.UseUrls("http://localhost:9090");
        builder.AddServiceDefaults();
        builder.Services.AddClickHouse(builder.Configuration).AddJobStores().AddLog();
        builder.Services.AddChunks();
        builder.Services.AddHealthChecks()
            .AddDependency("clickhouse", (services, cancellationToken) => services.GetRequiredService<Patience>().CheckAsync(cancellationToken))
            .AddDependency("log", (services, cancellationToken) => services.GetRequiredService<ILog>().CheckAsync(cancellationToken));

        var app = builder.Build();
        app.MapDefaultEndpoints();
        return app;
    }
}
