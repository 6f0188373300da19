namespace Batch.AppHost;

/// <summary>How a process ended.</summary>
/// <param name="State">The orchestrator's word for it.</param>
readonly record struct ProcessEnd(string State, int? ExitCode)
{
    /// <summary>Only for this reason do programs of Batch end with it: their user has something to mend, which they name on standard error.</summary>
    public const int Refused = 1;

    /// <summary>The orchestrator does not say which signal it was; a container engine does, as a shell would.</summary>
    const int AnySignal = -1, Signals = 128;

    public bool IsRefusal => ExitCode == Refused;

    /// <summary>As it goes on after a name.</summary>
    public override string ToString() => ExitCode switch
    {
        null => $"did not start ({State})",
        AnySignal => "was ended by a signal (kill, lack of memory or a crash)",
        > Signals and <= Signals + 64 and var code => $"was ended by {NameOf(code - Signals)} (exit code {code})",
        var code => $"ended with exit code {code}",
    };

    static string NameOf(int signal) => signal switch
    {
        2 => "SIGINT",
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        15 => "SIGTERM",
        _ => $"signal {signal}",
    };
}
