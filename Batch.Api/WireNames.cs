using System.Text.Json;
using Batch.Client;

namespace Batch.Api;

/// <summary>States as the wire spells them.</summary>
internal static class WireNames
{
    static readonly Dictionary<string, JobState> States =
        Enum.GetValues<JobState>().ToDictionary(Of, state => state, StringComparer.OrdinalIgnoreCase);

    public static string Of(JobState state) => JsonSerializer.SerializeToElement(state, BatchJson.Default.JobState).GetString()!;

    public static bool TryState(string name, out JobState state) => States.TryGetValue(name, out state);

    public static string AllStates => string.Join(", ", States.Keys);
}
