using Batch.Core.ClickHouse;
using Batch.Core.Log;
using Batch.Core.Stores;
using Batch.ServiceDefaults;
using Batch.ServiceDefaults.Health;
using Batch.Worker.Chunks;

namespace Batch.Worker;

/// <summary>A worker: members of the consumer group, as a process of its own or as a part of an application that has others too.</summary>
public static class WorkerApplication
{
    /// <summary>Builds a worker process, with its metrics and health on port 9090; nothing is started.</summary>
    public static WebApplication Create(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        if (string.IsNullOrEmpty(builder.Configuration["urls"]) && string.IsNullOrEmpty(builder.Configuration["http_ports"]))
            builder.WebHost.UseUrls("http://localhost:9090");
        builder.AddBatchWorker();
        var app = builder.Build();
        app.MapDefaultEndpoints();
        return app;
    }

    /// <summary>Registers what a worker is made of. What it shares with the API is registered once, whoever comes first.</summary>
    /// <remarks>
    /// Before the API, where both are one application. Services stop in reverse order, and chunks in hand are to be finished last; and
    /// of the probes of one dependency the first counts: the worker's knows more of ClickHouse.
    /// </remarks>
    public static WebApplicationBuilder AddBatchWorker(this WebApplicationBuilder builder)
    {
        builder.AddServiceDefaults();
        builder.Services.AddClickHouse(builder.Configuration).AddJobStores().AddLog();
        builder.Services.AddChunks();
        builder.Services.AddHealthChecks()
            .AddDependency("clickhouse", (services, cancellationToken) => services.GetRequiredService<Patience>().CheckAsync(cancellationToken))
            .AddDependency("log", (services, cancellationToken) => services.GetRequiredService<ILog>().CheckAsync(cancellationToken));
        return builder;
    }
}
