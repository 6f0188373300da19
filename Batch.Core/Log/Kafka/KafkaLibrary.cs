using Confluent.Kafka;

namespace Batch.Core.Log.Kafka;

/// <summary>The native half of Confluent.Kafka.</summary>
internal static class KafkaLibrary
{
    /// <exception cref="InvalidOperationException">It is not there; the message says what to do.</exception>
    public static void Load()
    {
        try
        {
            Library.Load();
        }
        catch (Exception e) when (e is DllNotFoundException or InvalidOperationException or EntryPointNotFoundException)
        {
            throw new InvalidOperationException(
                "Kafka cannot be used: its native library librdkafka did not load. The package librdkafka.redist has it for Linux (glibc and "
                + "musl), macOS and Windows, and a build puts it beside the program (runtimes/, or the folder itself): was all of it copied?", e);
        }
    }
}
