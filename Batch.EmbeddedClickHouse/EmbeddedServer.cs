using System.Net.Sockets;
using Batch.EmbeddedClickHouse.Engine;
using Batch.EmbeddedClickHouse.Http;
using Batch.EmbeddedClickHouse.Sql;
using Batch.ServiceDefaults.Processes;
using Batch.ServiceDefaults.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Batch.EmbeddedClickHouse;

/// <summary>The process from start to end: engine up, port open, one line on standard output, and everything closed in reverse.</summary>
internal static class EmbeddedServer
{
    // What is under way at the end has this long to finish; then its client is cut off, which ends the query too.
    static readonly TimeSpan GracePeriod = TimeSpan.FromSeconds(5);

    /// <exception cref="StartupException">The engine or the port is not to be had.</exception>
    internal static async Task RunAsync(ProcessOptions options)
    {
        using var stopping = new StopSignal(options.ExitWithParent);
        await using var engine = await EngineHost.StartAsync(options, stopping.Token);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(options.Bind, options.Port, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxRequestLineSize = 1 << 20;
            kestrel.Limits.MaxRequestBufferSize = 4 << 20;
        });
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, SocketBlockFactory>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = GracePeriod);
        await using var app = builder.Build();
        HttpInterface.Map(app, new QueryEndpoint(engine, new Credentials(options.Password), new CallGuard(options.AllowFiles)));
        try
        {
            await app.StartAsync(stopping.Token);
        }
        catch (Exception exception) when (exception is IOException or SocketException or AddressInUseException)
        {
            throw new StartupException($"Port {options.Port} on {options.Bind} cannot be opened: {exception.Message}");
        }
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        await Console.Out.WriteLineAsync($"Ready on {address}");
        await Console.Out.FlushAsync();
        await stopping.WaitAsync();
        await app.StopAsync();
    }
}
