using Batch.EmbeddedClickHouse;

try
{
    await EmbeddedServer.RunAsync(ProcessOptions.Parse(args));
    return 0;
}
catch (StartupException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 1;
}
catch (OperationCanceledException)
{
    // Told to stop while it was starting.
    return 0;
}
