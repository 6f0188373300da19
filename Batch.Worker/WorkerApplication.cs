using Batch.Core.ClickHouse;
using Batch.Core.Log;
using Batch.Core.Stores;
using Batch.ServiceDefaults;
using Batch.ServiceDefaults.Health;
using Batch.Worker.Chunks;

namespace Batch.Worker;

/// <summary>A worker process: members of the consumer group.</summary>
public static class WorkerApplication
{
    /// <summary>Builds a worker process, with its metrics and health on port 9090; nothing is started.</summary>
    public static WebApplication Create(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        if (string.IsNullOrEmpty(builder.Configuration["urls"]) && string.IsNullOrEmpty(builder.Configuration["http_ports"]))
            builder.WebHost.UseUrls("http://localhost:9090");
        builder.AddServiceDefaults();
        builder.Services.AddClickHouse(builder.Configuration).AddJobStores().AddLog();
        builder.Services.AddChunks();
        builder.Services.AddHealthChecks()
            .AddDependency("clickhouse", (services, cancellationToken) => services.GetRequiredService<TransientFaultRetry>().CheckAsync(cancellationToken))
            .AddDependency("log", (services, cancellationToken) => services.GetRequiredService<ILog>().CheckAsync(cancellationToken));
        var app = builder.Build();
        app.MapDefaultEndpoints();
        return app;
    }
}
