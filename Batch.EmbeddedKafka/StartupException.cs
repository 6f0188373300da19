namespace Batch.EmbeddedKafka;

/// <summary>The broker cannot start. The message is one sentence for the person who started it.</summary>
public sealed class StartupException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>It may pass by itself: the disk is full. All else is for the user to mend.</summary>
    internal bool MayPass => ServiceDefaults.Processes.FullDisk.IsReasonOf(this);
}
