using System.ComponentModel.DataAnnotations;

namespace Batch.Core.ClickHouse;

/// <summary>Where ClickHouse is. <c>ConnectionStrings:clickhouse</c>, if set, overrides <c>ClickHouse:*</c>.</summary>
public sealed class ClickHouseOptions : IValidatableObject
{
    public const string SectionName = "ClickHouse";

    /// <summary>The HTTP interface, not the native one. A path belongs to a proxy in front of it.</summary>
    [Required]
    public string Url { get; set; } = "http://localhost:8123";

    [Required]
    public string Database { get; set; } = "default";

    public string? User { get; set; }

    public string? Password { get; set; }

    /// <summary>Longest wait for an answer, in seconds. An insert of one chunk takes well under one; a busy disk takes longer.</summary>
    [Range(1, 3600)]
    public int TimeoutSeconds { get; set; } = 60;

    /// <summary>
    /// After so long without an answer to anything, in seconds, reads fail instead of waiting on. A person waits for most of them. 8: with the second or
    /// two until it is noticed that a read waits, an answer within ten.
    /// </summary>
    [Range(1, 3600)]
    public int SilenceSeconds { get; set; } = 8;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        // The value is not repeated in the message: it may contain a password.
        if (!IsAddress(Url))
            yield return new("ClickHouse:Url must be http://host:port or https://host:port; user, password and database have separate settings.");
        // They are sent as one string, user:password.
        if (User?.Contains(':') == true)
            yield return new("The user of ClickHouse must not have a ':' in its name.");
    }

    internal static bool IsAddress(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address) && address is { Scheme: "http" or "https", UserInfo: "", Query: "", Fragment: "" };
}
