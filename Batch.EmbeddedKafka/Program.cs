using Batch.EmbeddedKafka;
using Batch.ServiceDefaults.Processes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

UnexpectedFaults.EndTheProcess();
try
{
    var options = ProcessOptions.Parse(args, new ConfigurationBuilder().AddEnvironmentVariables().Build());
    using var stopping = new StopSignal(options.ExitWithParent);
    // Standard output has one line for whoever started the process; what goes wrong is said on standard error.
    using var logging = LoggerFactory.Create(builder => builder
        .AddSimpleConsole(console => console.SingleLine = true)
        .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace)
        .SetMinimumLevel(LogLevel.Information));
    await using var broker = await EmbeddedBroker.StartAsync(options.Broker, logging, stopping.Token);
    await Console.Out.WriteLineAsync($"Ready on {broker.BootstrapServers}");
    await Console.Out.FlushAsync();
    await stopping.WaitAsync();
    return ExitCode.Stopped;
}
catch (StartupException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return exception.MayPass ? ExitCode.NotNow : ExitCode.Refused;
}
catch (OperationCanceledException)
{
    // Told to stop while it was starting.
    return ExitCode.Stopped;
}
