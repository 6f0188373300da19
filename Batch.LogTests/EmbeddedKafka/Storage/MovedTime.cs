namespace Batch.Tests.EmbeddedKafka.Storage;

/// <summary>The machine's clock, ahead by what a test says.</summary>
sealed class MovedTime : TimeProvider
{
    public TimeSpan Ahead { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
}
