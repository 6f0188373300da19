using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Batch.AppHost;

/// <summary>One run of the app host, from the command line to the end of the last process.</summary>
static class AppHostSession
{
    /// <summary>Processes of an instance that was killed end within this time.</summary>
    static readonly TimeSpan FormerInstance = TimeSpan.FromSeconds(25);
    static readonly TimeSpan StartNews = TimeSpan.FromMinutes(1);
    /// <summary>A host that did not start waits, at its stop, for parts that never were.</summary>
    static readonly TimeSpan AfterFailedStart = TimeSpan.FromSeconds(3);
    static readonly TimeProvider Time = TimeProvider.System;
    const int Interrupted = 130;

    /// <exception cref="AppHostException">It cannot start, for a reason the user can mend.</exception>
    public static async Task<int> RunAsync(
        AppHostOptions options, Action<IDistributedApplicationBuilder, AppHostRun> describe, bool demo, bool exit, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            if (!stop.IsCancellationRequested)
                stop.Cancel();
            else if (signal.Signal == PosixSignal.SIGINT)
                // Whoever presses Ctrl-C twice does not want to wait: what is left is cleaned up as after a kill -9.
                Environment.Exit(Interrupted);
        }

        try
        {
            using var folder = DataFolder.Open(options.Data);
            var run = await DecideAsync(options, folder, stop.Token);
            var builder = CreateBuilder(run, []);
            describe(builder, run);
            await using var app = builder.Build();
            await using var supervisor = new Supervisor(app, Time, stop.Token);
            try
            {
                return await RunAsync(app, run, supervisor, demo, exit, stop);
            }
            finally
            {
                await StopAsync(app, supervisor, supervisor.AllHealthy.IsCompletedSuccessfully ? Timeout.InfiniteTimeSpan : AfterFailedStart);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return Interrupted;
        }
    }

    static async Task<int> RunAsync(DistributedApplication app, AppHostRun run, Supervisor supervisor, bool demo, bool exit, CancellationTokenSource stop)
    {
        // The host may be told to stop by others: a test that is done, the Aspire CLI.
        using var told = app.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stop.Cancel);
        var started = Stopwatch.StartNew();
        Console.WriteLine(
            $"Starting {string.Join(", ", supervisor.Expected.Select(part => part.Value > 1 ? $"{part.Value} × {part.Key}" : part.Key))} and the dashboard.");
        supervisor.Watch();
        await StartAsync(app, supervisor, stop.Token);
        Banner.Write(run, started.Elapsed, hasDashboard: HasDashboard(app));
        if (demo)
        {
            var exitCode = await new Demo(run).RunAsync(stop.Token);
            if (exitCode != 0 || exit)
                return exitCode;
        }
        await Task.Delay(Timeout.InfiniteTimeSpan, Time, stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        Console.WriteLine("Stopping; chunks in progress are finished first.");
        return 0;
    }

    /// <summary>Returns when all processes are healthy.</summary>
    /// <remarks>The start of the host itself waits for what each process waits for: for ever, where that has failed.</remarks>
    static async Task StartAsync(DistributedApplication app, Supervisor supervisor, CancellationToken cancellationToken)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var starting = app.StartAsync(giveUp.Token);
        var console = app.Services.GetRequiredService<ConsoleErrors>();
        try
        {
            await WithNewsAsync(Task.WhenAny(starting, supervisor.AllHealthy).Unwrap(), supervisor, cancellationToken);
            await WithNewsAsync(supervisor.AllHealthy, supervisor, cancellationToken);
            await WithNewsAsync(starting, supervisor, cancellationToken);
        }
        catch (Exception exception) when (exception is not (AppHostException or OperationCanceledException))
        {
            throw new AppHostException($"Aspire could not start: {exception.GetBaseException().Message}", exception);
        }
        finally
        {
            // A start that is given up fails in many places, each of which would be reported.
            console.AreShown = starting.IsCompletedSuccessfully;
            await giveUp.CancelAsync();
            await starting.ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    /// <summary>Waits for as long as it takes: a process that dies is started again. Says now and then what is still missing.</summary>
    static async Task WithNewsAsync(Task step, Supervisor supervisor, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await step.WaitAsync(StartNews, Time, cancellationToken);
                return;
            }
            catch (TimeoutException) when (!step.IsCompleted)
            {
                Console.WriteLine($"  Still waiting for {supervisor.Unhealthy()}.");
            }
        }
    }

    static async Task<AppHostRun> DecideAsync(AppHostOptions options, DataFolder folder, CancellationToken cancellationToken)
    {
        var (infrastructure, why) = options.Infrastructure switch
        {
            null => await ContainerEngine.FindAsync(cancellationToken) is { } engine
                ? (Infrastructure.Containers, $"containers, for {engine} answers")
                : (Infrastructure.Embedded, "embedded, because no container engine answers"),
            Infrastructure.Containers when await ContainerEngine.FindAsync(cancellationToken) is null =>
                throw new AppHostException("No container engine answers. Start Docker or Podman, or use the embedded servers with --infrastructure embedded."),
            var chosen => (chosen.Value, $"{chosen}".ToLowerInvariant()),
        };
        Console.WriteLine($"Infrastructure: {why}.");
        InheritedAddresses.Forget(infrastructure);

        var timeout = folder.WasKilled ? FormerInstance : TimeSpan.Zero;
        var data = options.Data.FullName;
        if (infrastructure == Infrastructure.Embedded)
            await DataFolder.WaitForFormerServersAsync(
                [Path.Combine(data, "log", "lock"), Path.Combine(data, "clickhouse", "process.lock")], timeout, Time, cancellationToken);
        var ports = await options.Ports.ChooseAsync(options.Bind, own: infrastructure != Infrastructure.Existing, timeout, Time, cancellationToken);
        return new AppHostRun(options, infrastructure, ports, ContainerImages.Pinned(), IsExport: false);
    }

    /// <summary>A builder with the dashboard's addresses, and without Aspire's own messages.</summary>
    public static IDistributedApplicationBuilder CreateBuilder(AppHostRun run, IEnumerable<string> more)
    {
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions
        {
            Args = [.. DashboardSettings.Arguments(run), .. more],
            // Whoever runs it: paths of the model are relative to this project.
            AssemblyName = typeof(AppHostSession).Assembly.GetName().Name,
            TrustDeveloperCertificate = false,
            DeveloperCertificateDefaultHttpsTerminationEnabled = false,
        });
        builder.Services.AddSingleton<IHostLifetime, OwnLifetime>();
        // What a person needs to know is said by the session; the dashboard has the rest.
        var console = new ConsoleErrors();
        builder.Services.AddSingleton(console);
        builder.Services.AddLogging(logging => logging
            .AddFilter<ConsoleLoggerProvider>(level => level >= LogLevel.Error && console.AreShown)
            // A process that is not up yet is no error; the supervisor says how long it waited.
            .AddFilter<ConsoleLoggerProvider>("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None)
            // Why a start failed is said by the session, in one sentence.
            .AddFilter<ConsoleLoggerProvider>("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None));
        if (run.Infrastructure == Infrastructure.Existing)
            ExistingInfrastructure.Check(builder.Configuration);
        return builder;
    }

    static bool HasDashboard(DistributedApplication app) =>
        app.Services.GetRequiredService<DistributedApplicationModel>().Resources.Any(resource => resource.Name == "aspire-dashboard");

    /// <summary>API and workers first: an open upload and chunks in hand still need log and ClickHouse.</summary>
    static async Task StopAsync(DistributedApplication app, Supervisor supervisor, TimeSpan limit)
    {
        await supervisor.StopProcessesAsync();
        using var giveUp = new CancellationTokenSource(limit);
        try
        {
            await app.StopAsync(giveUp.Token);
        }
        catch (OperationCanceledException)
        {
            // The processes of Batch have ended. What is left is the orchestrator's, which ends when this process has.
        }
    }
}
