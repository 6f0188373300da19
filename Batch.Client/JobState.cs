using System.Text.Json.Serialization;

namespace Batch.Client;

/// <summary>Where a job stands. The wire spelling is that of the user guide.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<JobState>))]
public enum JobState
{
    /// <summary>Created; no chunk has been started.</summary>
    [JsonStringEnumMemberName("PENDING")] Pending,

    /// <summary>A chunk is being, or has been, processed.</summary>
    [JsonStringEnumMemberName("RUNNING")] Running,

    /// <summary>Every row was loaded.</summary>
    [JsonStringEnumMemberName("SUCCESS")] Success,

    /// <summary>Every row was looked at; some were loaded, some rejected.</summary>
    [JsonStringEnumMemberName("PARTIAL_SUCCESS")] PartialSuccess,

    /// <summary>No row was good, or the job could not go on; <see cref="JobStatus.Failure"/> says why.</summary>
    [JsonStringEnumMemberName("FAILED")] Failed,

    /// <summary>Cancelled before it was done. What had been loaded stays, and is counted.</summary>
    [JsonStringEnumMemberName("CANCELLED")] Cancelled,
}
