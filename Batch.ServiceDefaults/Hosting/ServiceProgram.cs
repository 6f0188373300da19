using System.Net.Sockets;
using System.Runtime.InteropServices;
using Batch.Primitives;
using Batch.ServiceDefaults.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Batch.ServiceDefaults.Hosting;

/// <summary>Runs a service as a process.</summary>
public static class ServiceProgram
{
    static volatile bool _isStarting;

    /// <returns>
    /// 0: it was told to stop; 1: it could not be started, or not go on, for a reason that is its user's to mend; 70: a fault that nobody foresaw.
    /// The reason is one line on standard error.
    /// </returns>
    public static async Task<int> RunAsync(Func<WebApplication> create)
    {
        UnexpectedFaults.EndTheProcess();
        using var interrupts = AtOnceIfRepeated();
        _isStarting = true;
        try
        {
            await using var app = create();
            try
            {
                await app.StartAsync();
                _isStarting = false;
                await app.WaitForShutdownAsync();
            }
            catch (Exception fault) when (IsStop(fault) && app.Lifetime.ApplicationStopping.IsCancellationRequested)
            {
                // Told to stop while it was starting; or what was under way at the stop took longer than it may.
            }
            return FaultOf(app) switch
            {
                null => ExitCode.Stopped,
                RefusedStartException refused => Refuse(refused.Message),
                var fault => UnexpectedFaults.Say(fault),
            };
        }
        catch (IOException fault) when (fault.InnerException is AddressInUseException)
        {
            return Refuse($"{fault.Message.TrimEnd('.')}. Stop the process that uses it, or choose another port with --urls.");
        }
        catch (SocketException fault)
        {
            return Refuse($"The address cannot be opened: {fault.Message.TrimEnd('.')}. Choose another with --urls.");
        }
        catch (OptionsValidationException fault)
        {
            return Refuse(string.Join(' ', fault.Failures));
        }
        // Failed to convert configuration value 'many' at 'Worker:Members' to type 'System.Int32'.
        catch (InvalidOperationException fault) when (fault.Message.StartsWith("Failed to convert configuration value", StringComparison.Ordinal))
        {
            return Refuse(fault.Message);
        }
    }

    /// <summary>A background service that fails stops its host, which by itself would look like a stop in good order.</summary>
    static Exception? FaultOf(WebApplication app) => app.Services.GetServices<IHostedService>().OfType<BackgroundService>()
        .Select(service => service.ExecuteTask is { IsFaulted: true } ended ? ended.Exception!.GetBaseException() : null)
        .FirstOrDefault(fault => fault is not null);

    static bool IsStop(Exception fault) => fault is OperationCanceledException
        || fault is AggregateException several && several.Flatten().InnerExceptions.All(inner => inner is OperationCanceledException);

    /// <summary>Ctrl-C stops in good order; whoever presses it again does not want to wait.</summary>
    static PosixSignalRegistration AtOnceIfRepeated()
    {
        var isStopping = 0;
        return PosixSignalRegistration.Create(PosixSignal.SIGINT, _ =>
        {
            if (Interlocked.Exchange(ref isStopping, 1) == 1)
                Environment.Exit(ExitCode.Interrupted);
        });
    }

    static int Refuse(string reason)
    {
        Console.Error.WriteLine(reason);
        return ExitCode.Refused;
    }

    /// <summary>How a start or a background service failed is told of here, once; the host would add its stack traces.</summary>
    internal static void AddStartupLogging(this ILoggingBuilder logging) =>
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => !_isStarting && level >= LogLevel.Information);
}
