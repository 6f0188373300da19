namespace Batch.ServiceDefaults.Processes;

/// <summary>What ends the process for a reason that nobody foresaw: one line on standard error, and a code of its own.</summary>
internal static class UnexpectedFaults
{
    /// <summary>For faults on whatever thread that nothing catches. The runtime would write a page about them, and dump core.</summary>
    public static void EndTheProcess() =>
        AppDomain.CurrentDomain.UnhandledException += (_, fault) => Environment.Exit(Say((Exception)fault.ExceptionObject));

    /// <returns>The exit code.</returns>
    public static int Say(Exception fault)
    {
        Console.Error.WriteLine($"Ended by a fault that nobody foresaw: {fault.ToString().ReplaceLineEndings(" ")}");
        return ExitCode.UnexpectedFault;
    }
}
