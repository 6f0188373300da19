using System.Runtime.InteropServices;
using Confluent.Kafka;

namespace Batch.Core.Log.Kafka;

/// <summary>The native half of Confluent.Kafka.</summary>
internal static partial class KafkaLibrary
{
    // mallopt(3): an allocation of at least this many bytes is memory of its own, which goes back to the system when it is freed.
    const int MmapThreshold = -3;
    const int MmapThresholdBytes = 1 << 20;

    /// <exception cref="InvalidOperationException">It is not there; the message says what to do.</exception>
    public static void Load()
    {
        try
        {
            if (Library.Load())
                ReturnLargeBuffers();
        }
        catch (Exception e) when (e is DllNotFoundException or InvalidOperationException or EntryPointNotFoundException)
        {
            throw new InvalidOperationException(
                "Kafka cannot be used: its native library librdkafka did not load. The package librdkafka.redist has it for Linux (glibc and "
                + "musl), macOS and Windows, and a build copies it next to the program (runtimes/, or the folder itself): was all of it deployed?", e);
        }
    }

    /// <summary>
    /// librdkafka allocates each large record separately. glibc by default learns from that to keep such memory in its arenas, of which it makes several:
    /// with eight uploads 100 MB more than is in use.
    /// </summary>
    static void ReturnLargeBuffers()
    {
        try
        {
            if (OperatingSystem.IsLinux())
                _ = mallopt(MmapThreshold, MmapThresholdBytes);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // Another C library (musl has no such setting) has other habits.
        }
    }

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);
}
