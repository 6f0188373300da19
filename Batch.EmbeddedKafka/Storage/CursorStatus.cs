namespace Batch.EmbeddedKafka.Storage;

internal enum CursorStatus
{
    /// <summary>Nothing more up to the limit.</summary>
    End,
    /// <summary>A batch whose header agrees with its place and all of whose bytes are there. Its checksum was not looked at.</summary>
    Good,
    /// <summary>The header of a batch that would reach past the limit: cut short, or its length is damaged.</summary>
    Torn,
    /// <summary>No header, or not the one that belongs here.</summary>
    Damaged,
}
