using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;

namespace Batch.Standalone;

/// <summary>Limits of the standalone system's log. Environment variables <c>EmbeddedKafka__…</c>.</summary>
internal sealed class EmbeddedKafkaOptions
{
    public const string SectionName = "EmbeddedKafka";

    /// <summary>Appends are refused once the log would hold more than this, in bytes; 0: only the disk is the limit.</summary>
    [Range(0, long.MaxValue)]
    public long MaxBytes { get; set; }

    /// <summary>
    /// Appends are refused while the disk has less room than this, in bytes. ClickHouse is on the same disk, and the log only empties
    /// while ClickHouse can write: a log that took the last byte would never give it back.
    /// </summary>
    [Range(0, long.MaxValue)]
    public long MinFreeBytes { get; set; } = 256L << 20;

    /// <exception cref="StandaloneException">A value is no number, or out of its range.</exception>
    public static EmbeddedKafkaOptions Read(IConfiguration configuration)
    {
        var options = new EmbeddedKafkaOptions();
        try
        {
            configuration.GetSection(SectionName).Bind(options);
            Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
            return options;
        }
        catch (Exception exception) when (exception is InvalidOperationException or ValidationException)
        {
            throw new StandaloneException($"The section {SectionName} (environment variables {SectionName}__…) cannot be used: {exception.Message}", exception);
        }
    }
}
