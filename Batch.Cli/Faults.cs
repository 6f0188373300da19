using System.Net;
using System.Text.RegularExpressions;
using Batch.Client;
using Batch.Csv;
using Batch.Csv.Schema;

namespace Batch.Cli;

/// <summary>What a fault is to the person at the keyboard: one sentence with the way out, and an exit code for scripts.</summary>
internal static partial class Faults
{
    public static (string? Sentence, int ExitCode) Of(Exception fault, Terminal terminal, CancellationToken cancellationToken) => fault switch
    {
        OperationCanceledException when cancellationToken.IsCancellationRequested => ("Interrupted.", ExitCodes.Interrupted),
        InterruptedException interrupted => (interrupted.Message, ExitCodes.Interrupted),
        UsageException => (fault.Message, ExitCodes.Usage),
        NothingFoundException => (fault.Message, ExitCodes.NotFound),
        FailedException => (fault.Message, ExitCodes.Failure),
        TimeoutException => (fault.Message, ExitCodes.Timeout),
        CsvFileException file => (InCommands(file.Message), ExitCodes.Failure),
        SchemaException => ($"The schema cannot be used: {fault.Message.TrimEnd('.')}.", ExitCodes.Usage),
        BatchApiException api => (Sentence(api), ExitCodeOf(api.StatusCode)),
        BatchUnreachableException unreachable => (
            $"{unreachable.Message.TrimEnd('.')}. Is the service running there? Set its address with --api-url, BATCH_API_URL or a context.",
            ExitCodes.Unreachable),
        FileNotFoundException missing => ($"There is no file '{missing.FileName}'. Check the path.", ExitCodes.NotFound),
        DirectoryNotFoundException => ($"{fault.Message.TrimEnd('.')}. Check the path.", ExitCodes.NotFound),
        UnauthorizedAccessException => ($"{fault.Message.TrimEnd('.')}. Check its permissions, and that it is a file.", ExitCodes.Failure),
        IOException => ($"{fault.Message.TrimEnd('.')}.", ExitCodes.Failure),
        _ => ($"Something went wrong in the command line itself: {fault.Message.TrimEnd('.')}. "
            + (terminal.Variable("BATCH_DEBUG") is { Length: > 0 }
                ? "Please report it with what follows."
                : "Set BATCH_DEBUG=1 to see where, and please report it."), ExitCodes.Failure),
    };

    /// <summary>Says it, and gives the exit code.</summary>
    public static int Report(Exception fault, Terminal terminal, CancellationToken cancellationToken)
    {
        var (sentence, exitCode) = Of(fault, terminal, cancellationToken);
        if (sentence is not null)
            terminal.Say(sentence);
        if (terminal.Variable("BATCH_DEBUG") is { Length: > 0 })
            terminal.Error.WriteLine(fault);
        return exitCode;
    }

    public static int ExitCodeOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => ExitCodes.Auth,
        HttpStatusCode.NotFound => ExitCodes.NotFound,
        HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout or HttpStatusCode.InsufficientStorage
            => ExitCodes.Unreachable,
        _ => ExitCodes.Failure,
    };

    static string Sentence(BatchApiException fault)
    {
        var sentence = InCommands(fault.Message);
        if (fault.JobId is { Length: > 0 } job && !sentence.Contains(job, StringComparison.Ordinal))
            sentence += $" (Job {Output.Names.Short(job)}.)";
        if (fault.StatusCode >= HttpStatusCode.InternalServerError && fault.TraceId is { Length: > 0 } trace)
            sentence += $" (Trace {trace}.)";
        return sentence;
    }

    /// <summary>The API tells how to go on in terms of HTTP; who types commands is told in commands.</summary>
    internal static string InCommands(string detail)
    {
        detail = RejectedCsvRoute().Replace(detail, "batch job rejected $1 --output csv");
        detail = RejectedRoute().Replace(detail, "batch job rejected $1");
        return detail
            .Replace("with GET /jobs", "with 'batch job list'", StringComparison.Ordinal)
            .Replace("with GET /models", "with 'batch model list'", StringComparison.Ordinal)
            .Replace("Send it with the header Content-Encoding: gzip, or decompress it first.", "It was compressed twice; decompress it once.",
                StringComparison.Ordinal)
            .Replace(" with the header Content-Encoding: gzip", "", StringComparison.Ordinal)
            .Replace("(extra_columns=ignore)", "(--ignore-extra-columns)", StringComparison.Ordinal)
            .Replace("(header=present)", "(--header present)", StringComparison.Ordinal)
            .Replace("to POST /jobs", "with 'batch job create'", StringComparison.Ordinal)
            .Replace("with max_errors", "with --max-errors", StringComparison.Ordinal)
            .Replace("send it as 'Authorization: Bearer <key>' or 'X-Api-Key: <key>'",
                "put it into BATCH_API_KEY, or into a context with 'batch context set NAME --api-key-stdin'", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"GET /jobs/([0-9a-f]+)/rejected\?format=csv")]
    private static partial Regex RejectedCsvRoute();

    [GeneratedRegex(@"GET /jobs/([0-9a-f]+)/rejected\b")]
    private static partial Regex RejectedRoute();
}

/// <summary>What was asked for is not there.</summary>
internal sealed class NothingFoundException(string message) : Exception(message);

/// <summary>It cannot be done; the message says why and how to go on.</summary>
internal sealed class FailedException(string message) : Exception(message);

/// <summary>Ctrl-C, where there is more to say than that.</summary>
internal sealed class InterruptedException(string message) : Exception(message);
