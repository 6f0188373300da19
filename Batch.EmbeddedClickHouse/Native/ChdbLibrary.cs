using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Batch.EmbeddedClickHouse.Native;

/// <summary>Finds libchdb.so and loads it.</summary>
internal static partial class ChdbLibrary
{
    /// <summary>
    /// Loads the library: from the environment variable BATCH_LIBCHDB (a file, or the folder it is in), from beside the
    /// application, or from where the build installed it.
    /// </summary>
    /// <exception cref="StartupException">It is not there, or this machine cannot run it.</exception>
    /// <param name="folder">Where the engine keeps its data.</param>
    /// <param name="stopping">A write that waits for room ends the process then.</param>
    internal static void Load(string folder, CancellationToken stopping)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            throw new StartupException(
                $"The embedded ClickHouse engine runs on Linux x64 only; this is {RuntimeInformation.RuntimeIdentifier}. Use a ClickHouse server instead.");
        }
        if (!Avx2.IsSupported)
        {
            throw new StartupException(
                "The embedded ClickHouse engine needs a processor with AVX2, which this machine (or its emulation) does not have. Use a ClickHouse server instead.");
        }
        var path = Find();
        GiveMemoryBackSoon();
        nint handle;
        try
        {
            handle = NativeLibrary.Load(path);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            throw new StartupException($"{path} could not be loaded: {exception.Message.ReplaceLineEndings(" ")}");
        }
        DiskWrites.Guard(handle, folder, stopping);
        NativeLibrary.SetDllImportResolver(typeof(Chdb).Assembly, (name, _, _) => name == Chdb.Library ? handle : 0);
    }

    /// <summary>
    /// The engine's allocator keeps freed memory for five seconds, which at a hundred MB of inserts a second is some hundred MB. It reads its
    /// settings when it is loaded, from the process's own environment, which .NET's is a copy of; what is set there already stays.
    /// </summary>
    static void GiveMemoryBackSoon() => _ = setenv("JE_MALLOC_CONF", "dirty_decay_ms:200,muzzy_decay_ms:0", overwrite: 0);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);

    static string Find()
    {
        if (Environment.GetEnvironmentVariable("BATCH_LIBCHDB") is { Length: > 0 } configured)
        {
            var file = Directory.Exists(configured) ? Path.Combine(configured, "libchdb.so") : configured;
            return File.Exists(file) ? file : throw new StartupException($"BATCH_LIBCHDB names '{configured}', which does not exist.");
        }
        var beside = Path.Combine(AppContext.BaseDirectory, "libchdb.so");
        if (File.Exists(beside))
        {
            return beside;
        }
        var installed = typeof(Chdb).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(attribute => attribute.Key == "LibchdbPath")?.Value;
        if (File.Exists(installed))
        {
            return installed;
        }
        throw new StartupException(
            $"libchdb.so was not found, neither beside the application nor at '{installed}' where the build puts it. Build again, or set BATCH_LIBCHDB to its path.");
    }
}
