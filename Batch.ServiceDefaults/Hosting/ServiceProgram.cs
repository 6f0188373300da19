using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Batch.ServiceDefaults.Hosting;

/// <summary>Runs a service as a process.</summary>
public static class ServiceProgram
{
    static volatile bool _isStarting;

    /// <returns>0; 1 where it could not be started for a reason that is its user's to mend, which is one line on standard error.</returns>
    public static async Task<int> RunAsync(Func<WebApplication> create)
    {
        _isStarting = true;
        try
        {
            await using var app = create();
            await app.StartAsync();
            _isStarting = false;
            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (IOException fault) when (fault.InnerException is AddressInUseException)
        {
            return Refuse($"{fault.Message.TrimEnd('.')}. Stop the process that uses it, or choose another port with --urls.");
        }
        catch (OptionsValidationException fault)
        {
            return Refuse(string.Join(' ', fault.Failures));
        }
    }

    static int Refuse(string reason)
    {
        Console.Error.WriteLine(reason);
        return 1;
    }

    /// <summary>A start that fails is told of here, once; the host would add its stack traces.</summary>
    internal static void AddStartupLogging(this ILoggingBuilder logging) =>
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => !_isStarting && level >= LogLevel.Information);
}
