using System.Globalization;
using System.Net;

namespace Batch.EmbeddedClickHouse;

/// <summary>The command line.</summary>
internal sealed record ProcessOptions
{
    internal const string Usage =
        "Usage: Batch.EmbeddedClickHouse --data DIR [--port N] [--bind ADDRESS] [--max-memory BYTES] [--wait-for-lock SECONDS] " +
        "[--password TEXT] [--exit-with-parent] [--allow-files] [--fsync] " +
        "[--min-free-space BYTES]";

    /// <summary>Where the tables are kept.</summary>
    internal required string Data { get; init; }

    /// <summary>0: any free port.</summary>
    internal int Port { get; init; } = 8123;

    internal IPAddress Bind { get; init; } = IPAddress.Loopback;

    /// <summary>What the engine may use in all, in bytes. Half of the machine's (or the container's) memory leaves room for the services beside it.</summary>
    internal long MaxMemory { get; init; } = Math.Max(512L << 20, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2);

    /// <summary>How long to wait for another process to let go of the data.</summary>
    internal TimeSpan WaitForLock { get; init; }

    /// <summary>Asked of every request where it is not empty.</summary>
    internal string Password { get; init; } = "";

    /// <summary>Ends when standard input does, which is also when the parent was killed.</summary>
    internal bool ExitWithParent { get; init; }

    /// <summary>Lets SQL reach files and the network: <c>file()</c>, <c>url()</c>, <c>s3()</c> …</summary>
    internal bool AllowFiles { get; init; }

    /// <summary>Inserts are on the disk, not only with the operating system, before they are acknowledged: survives a power cut.</summary>
    internal bool Fsync { get; init; }

    /// <summary>Bytes of the disk that definitions and small inserts leave free; null: the default of <see cref="Engine.FreeSpace"/>.</summary>
    internal long? MinFreeSpace { get; init; }

    /// <exception cref="StartupException">The arguments make no sense.</exception>
    internal static ProcessOptions Parse(string[] arguments)
    {
        var options = new ProcessOptions { Data = "" };
        for (var index = 0; index < arguments.Length; index++)
        {
            var name = arguments[index];
            string Value() => ++index < arguments.Length ? arguments[index] : throw new StartupException($"{name} needs a value. {Usage}");
            options = name switch
            {
                "--data" => options with { Data = Path.GetFullPath(Value()) },
                "--port" => options with { Port = (int)Number(name, Value(), 65_535) },
                "--bind" => options with { Bind = Address(Value()) },
                "--max-memory" => options with { MaxMemory = Number(name, Value(), long.MaxValue) },
                "--wait-for-lock" => options with { WaitForLock = TimeSpan.FromSeconds(Number(name, Value(), 86_400)) },
                "--password" => options with { Password = Value() },
                "--exit-with-parent" => options with { ExitWithParent = true },
                "--allow-files" => options with { AllowFiles = true },
                "--fsync" => options with { Fsync = true },
                "--min-free-space" => options with { MinFreeSpace = Number(name, Value(), 1L << 50) },
                _ => throw new StartupException($"Unknown argument '{name}'. {Usage}"),
            };
        }
        return options.Data.Length > 0 ? options : throw new StartupException($"--data is missing. {Usage}");
    }

    static long Number(string name, string text, long max) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= max
            ? value
            : throw new StartupException($"{name} must be a number from 0 to {max}, not '{text}'.");

    static IPAddress Address(string text) =>
        text == "localhost" ? IPAddress.Loopback
        : IPAddress.TryParse(text, out var address) ? address
        : throw new StartupException($"--bind must be an IP address, not '{text}'.");
}
