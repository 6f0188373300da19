namespace Batch.EmbeddedKafka.Storage.Upgrade;

internal enum FrameStatus
{
    /// <summary>The frame's own checksum holds and all its bytes are there.</summary>
    Good,
    /// <summary>The frame's own checksum holds, its value is cut short.</summary>
    Torn,
    /// <summary>No frame, or one whose lengths cannot be trusted.</summary>
    Bad,
}
