using Batch.Client;

namespace Batch.Core.Jobs;

/// <summary>States as stored, spelled as on the wire.</summary>
internal static class JobStates
{
    public static string Name(JobState state) => state switch
    {
        JobState.Pending => "PENDING",
        JobState.Running => "RUNNING",
        JobState.Success => "SUCCESS",
        JobState.PartialSuccess => "PARTIAL_SUCCESS",
        JobState.Failed => "FAILED",
        JobState.Cancelled => "CANCELLED",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    public static JobState Parse(string name) => name switch
    {
        "PENDING" => JobState.Pending,
        "RUNNING" => JobState.Running,
        "SUCCESS" => JobState.Success,
        "PARTIAL_SUCCESS" => JobState.PartialSuccess,
        "FAILED" => JobState.Failed,
        "CANCELLED" => JobState.Cancelled,
        _ => throw new FormatException($"'{name}' is not a job state."),
    };
}

/// <summary>The outcome of a requested stop.</summary>
internal static class StopVerdicts
{
    /// <summary>The job was not over when the stop became visible: it is stopped.</summary>
    public const string Confirmed = "confirmed";
    /// <summary>It was over: the stop came too late and has no effect. Sorts after "confirmed", but only one of the two is ever written.</summary>
    public const string Refused = "refused";
}
