using System.Text.Json.Serialization;

namespace Batch.Core.Rejected;

/// <summary>The number of a rejected row, and 1 where it is repaired.</summary>
public readonly record struct RejectedNumber(long Row, int Repaired)
{
    [JsonIgnore]
    public bool IsRepaired => Repaired != 0;
}
