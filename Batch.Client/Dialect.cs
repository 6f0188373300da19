using System.Text.Json;
using System.Text.Json.Serialization;

namespace Batch.Client;

/// <summary>How a file differs from plain CSV in UTF-8. What is null is as in plain CSV, or for a job as its model says.</summary>
public sealed record Dialect
{
    /// <summary>For example <c>windows-1252</c>; a byte order mark is believed without it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Encoding { get; init; }
    /// <summary>Lines before the header line.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Skip { get; init; }
    /// <summary>Lines of the header; 0: none, the fields are the model's columns in their order.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Header { get; init; }
    /// <summary>Lines at the end that are no rows.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Footer { get; init; }
    /// <summary>One character or several.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Delimiter { get; init; }
    /// <summary>Empty: no character is one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Quote { get; init; }
    /// <summary>Before a quote within quotes; empty: it is doubled.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Escape { get; init; }
    /// <summary>What lines begin with that are no rows.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Comment { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? NullValues { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? TrueValues { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? FalseValues { get; init; }
    /// <summary>A point or a comma.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Decimal { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Thousands { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Currency { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Trim { get; init; }

    /// <summary>A list as a query has it.</summary>
    internal static string? List(IReadOnlyList<string>? texts) => texts is null ? null : JsonSerializer.Serialize(texts, BatchJson.Default.IReadOnlyListString);
}
