namespace Batch.EmbeddedClickHouse;

/// <summary>The process cannot start. The message is one sentence for the person who started it.</summary>
internal sealed class StartupException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>It may pass by itself: the disk is full. All else is for the user to mend.</summary>
    internal bool MayPass => Batch.ServiceDefaults.Processes.FullDisk.IsReasonOf(this);
}
