using System.Diagnostics;
using Batch.Core.Log;
using Batch.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace Batch.Tests.Log;

/// <summary>A process that appends to a local log without end, and prints a line for each record that was acknowledged.</summary>
static class AppendingProcess
{
    public const string Topic = "killed";
    public const int Partitions = 2;

    public static Process Start(string directory)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in new[] { "exec", typeof(AppendingProcess).Assembly.Location, "append-locally", directory })
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    /// <summary>Prints <c>partition offset checksum bytes</c>; exit code 3 where the log could not be opened.</summary>
    public static async Task<int> RunAsync(string directory)
    {
        LocalLog log;
        try
        {
            log = LocalLog.Open(new LocalLogOptions { Directory = directory, SegmentBytes = 1 << 20, MinFreeBytes = 0 }, NullLogger<LocalLog>.Instance);
        }
        catch (LogUnavailableException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 3;
        }
        await log.EnsureTopicAsync(Topic, Partitions, CancellationToken.None);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(side => Task.Run(() => AppendAsync(log, new Random(side)))));
        return 0;
    }

    static async Task AppendAsync(LocalLog log, Random random)
    {
        while (true)
        {
            var value = new byte[random.Next(3) == 0 ? random.Next(200_000) : random.Next(100)];
            random.NextBytes(value);
            LogHeader[] headers = [new("bytes", BitConverter.GetBytes(value.Length))];
            var position = await log.AppendAsync(Topic, random.Next(Partitions), headers, value, CancellationToken.None);
            await Console.Out.WriteLineAsync($"{position.Partition} {position.Offset} {Crc32C.Of(value)} {value.Length}");
        }
    }
}
