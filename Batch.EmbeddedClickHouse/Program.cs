using Batch.EmbeddedClickHouse;
using Batch.ServiceDefaults.Processes;

UnexpectedFaults.EndTheProcess();
try
{
    await EmbeddedServer.RunAsync(ProcessOptions.Parse(args));
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
