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
                "Kafka cannot be used: its native library librdkafka is not beside the program. Install a C compiler and build again "
                + "(build/librdkafka.sh says what is missing), or build with -p:FullFeed=true where the whole NuGet gallery is reachable.", e);
        }
    }
}
