using System.ComponentModel.DataAnnotations;

namespace Batch.Core.ClickHouse;

/// <summary>Where ClickHouse is. <c>ConnectionStrings:clickhouse</c>, where it is set, decides over <c>ClickHouse:*</c>.</summary>
public sealed class ClickHouseOptions
{
    public const string SectionName = "ClickHouse";

    /// <summary>The HTTP interface, not the native one.</summary>
    [Required, Url]
    public string Url { get; set; } = "http://localhost:8123";

    [Required]
    public string Database { get; set; } = "default";

    public string? User { get; set; }

    public string? Password { get; set; }

    /// <summary>Longest wait for an answer, in seconds. An insert of one chunk takes well under one; a busy disk takes longer.</summary>
    [Range(1, 3600)]
    public int TimeoutSeconds { get; set; } = 60;
}
