using Batch.Client;

namespace Batch.Core.Jobs;

/// <summary>States at rest, spelled as on the wire.</summary>
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

/// <summary>What became of a stop that somebody asked for.</summary>
internal static class StopVerdicts
{
    /// <summary>The job was not over when the stop was there for all to see: it is stopped.</summary>
    public const string Confirmed = "confirmed";
    /// <summary>It was: the stop came too late and never was. Sorts after "confirmed", but only one of the two is ever written.</summary>
    public const string Refused = "refused";
}
