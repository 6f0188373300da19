using System.Runtime.InteropServices;

namespace Batch.Core.Faults;

/// <summary>Named places on the path of a chunk where a test can make the process die, stop or fail.</summary>
/// <remarks>
/// Driven by the environment variable <c>BATCH_FAULT</c>, read once: <c>point[#ordinal][@hit]=action</c>, several separated by
/// <c>;</c>. Actions: <c>kill</c> (SIGKILL to itself: no handler runs, nothing is flushed), <c>stop</c> (SIGSTOP: a process
/// believed dead that may come back), <c>throw</c> (a bug). <c>#ordinal</c> limits it to chunks of that ordinal,
/// <c>@hit</c> to the n-th time the point is reached. Without the variable a point costs one comparison.
/// <example><c>BATCH_FAULT=worker.data-inserted@2=kill</c> dies after the second insert, before the receipt.</example>
/// </remarks>
public static partial class FaultPoint
{
    /// <summary>The job row is written, no chunk has been appended.</summary>
    public const string JobCreated = "api.job-created";
    /// <summary>A chunk has been acknowledged by the log.</summary>
    public const string ChunkAppended = "api.chunk-appended";
    /// <summary>Every chunk has been acknowledged, the end of the upload has not been recorded.</summary>
    public const string UploadAppended = "api.upload-appended";
    /// <summary>A record is being copied out of the Kafka client.</summary>
    public const string RecordRead = "worker.record-read";
    /// <summary>A record has been fetched by the thread that polls.</summary>
    public const string RecordFetched = "worker.record-fetched";
    /// <summary>A record was handed to a member, which has not begun with it.</summary>
    public const string RecordTaken = "worker.record-taken";
    /// <summary>A chunk was taken from the log, nothing has been done with it.</summary>
    public const string ChunkTaken = "worker.chunk-taken";
    /// <summary>A chunk is validated, nothing has been inserted.</summary>
    public const string ChunkValidated = "worker.chunk-validated";
    /// <summary>The good rows are inserted.</summary>
    public const string DataInserted = "worker.data-inserted";
    /// <summary>Good rows and rejected rows are inserted, the receipt is not.</summary>
    public const string RejectsInserted = "worker.rejects-inserted";
    /// <summary>The receipt is inserted, the offset is not committed.</summary>
    public const string ReceiptInserted = "worker.receipt-inserted";
    /// <summary>The offset is committed.</summary>
    public const string OffsetCommitted = "worker.offset-committed";

    static readonly Fault[] Faults = Parse(Environment.GetEnvironmentVariable("BATCH_FAULT"));

    /// <summary>Says that <paramref name="point"/> has been reached for the chunk with this ordinal (-1: no chunk).</summary>
    /// <exception cref="InjectedFaultException">A <c>throw</c> fault is set for this point.</exception>
    public static void Reached(string point, int ordinal = -1)
    {
        if (Faults.Length == 0)
            return;
        foreach (var fault in Faults)
            if (fault.Matches(point, ordinal))
                fault.Act(point);
    }

    internal static Fault[] Parse(string? text) => string.IsNullOrWhiteSpace(text)
        ? []
        : [.. text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Fault.Parse)];

    internal sealed class Fault(string point, int? ordinal, int? hit, string action)
    {
        int _hits;

        public static Fault Parse(string text)
        {
            var (place, action) = Split(text, '=');
            var (left, hit) = Split(place, '@');
            var (point, ordinal) = Split(left, '#');
            if (action is not ("kill" or "stop" or "throw"))
                throw new FormatException($"BATCH_FAULT: '{text}' is not point[#ordinal][@hit]=kill|stop|throw.");
            return new Fault(point, ordinal is null ? null : int.Parse(ordinal), hit is null ? null : int.Parse(hit), action);
        }

        public bool Matches(string reached, int at) =>
            reached == point && (ordinal is null || ordinal == at) && (Interlocked.Increment(ref _hits) is var n && (hit is null || hit == n));

        public void Act(string reached)
        {
            switch (action)
            {
                case "kill":
                    _ = Kill(Environment.ProcessId, 9);
#pragma warning disable RS0030 // Nothing more is to happen on this thread before the signal arrives.
                    Thread.Sleep(Timeout.Infinite);
#pragma warning restore RS0030
                    break;
                case "stop": _ = Kill(Environment.ProcessId, 19); break;
                default: throw new InjectedFaultException($"Fault injected at {reached}.");
            }
        }

        static (string, string?) Split(string text, char separator) =>
            text.IndexOf(separator) is var i && i < 0 ? (text, null) : (text[..i], text[(i + 1)..]);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}

/// <summary>What a <c>throw</c> fault throws: stands for a bug that fails every time.</summary>
public sealed class InjectedFaultException(string message) : Exception(message);
