using System.Globalization;
using System.Text.RegularExpressions;

namespace Batch.Core.ClickHouse;

/// <summary>ClickHouse's error codes, and the one decision that depends on them: may the same request succeed later?</summary>
/// <remarks>
/// On "transient" a caller waits and retries; otherwise it gives up, and a worker sets the chunk
/// aside. So a fault that the request did not cause counts as transient even if only a person can fix it: a password, a full
/// disk, a database that does not exist yet. A code that is missing here counts as the request's own fault.
/// </remarks>
public static partial class ClickHouseErrors
{
    /// <summary>No answer: connection refused or lost, or no answer in time.</summary>
    public const int NoAnswer = 0;
    public const int UnknownTable = 60;
    public const int UnknownDatabase = 81;

    public static bool IsTransient(int code) => code switch
    {
        NoAnswer => true,
        // Busy: there is capacity again when others are done.
        159 => true, // TIMEOUT_EXCEEDED: max_execution_time
        160 => true, // TOO_SLOW: estimated to take longer than allowed
        201 => true, // QUOTA_EXCEEDED: renewed with its interval
        202 => true, // TOO_MANY_SIMULTANEOUS_QUERIES
        203 => true, // NO_FREE_CONNECTION
        241 => true, // MEMORY_LIMIT_EXCEEDED: most often the server's limit, used up by others
        252 => true, // TOO_MANY_PARTS: merges lag behind inserts; they catch up
        364 => true, // RECEIVED_ERROR_TOO_MANY_REQUESTS
        439 => true, // CANNOT_SCHEDULE_TASK: no free thread
        473 => true, // DEADLOCK_AVOIDED: the lock was held for too long
        574 => true, // DISTRIBUTED_TOO_MANY_PENDING_BYTES
        749 => true, // TCP_CONNECTION_LIMIT_REACHED
        // Cannot write now: a full or failing disk, a replica without its coordinator.
        74 => true,  // CANNOT_READ_FROM_FILE_DESCRIPTOR
        75 => true,  // CANNOT_WRITE_TO_FILE_DESCRIPTOR: ENOSPC in most cases
        76 => true,  // CANNOT_OPEN_FILE: too many open files
        164 => true, // READONLY: the server is in read-only mode for maintenance
        225 => true, // NO_ZOOKEEPER
        242 => true, // TABLE_IS_READ_ONLY: the replica has lost its coordinator
        243 => true, // NOT_ENOUGH_SPACE
        285 => true, // TOO_FEW_LIVE_REPLICAS: the insert quorum cannot be reached
        286 => true, // UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
        319 => true, // UNKNOWN_STATUS_OF_INSERT: the deduplication token makes repeating safe
        425 => true, // SYSTEM_ERROR: a failed system call
        499 => true, // S3_ERROR
        517 => true, // CANNOT_ASSIGN_ALTER: another ALTER is being applied
        659 => true, // UNKNOWN_STATUS_OF_TRANSACTION
        999 => true, // KEEPER_EXCEPTION
        // A connection fault, or the server is stopping or starting.
        198 => true, // DNS_ERROR
        209 => true, // SOCKET_TIMEOUT
        210 => true, // NETWORK_ERROR
        236 => true, // ABORTED: the server is shutting down
        279 => true, // ALL_CONNECTION_TRIES_FAILED
        394 => true, // QUERY_WAS_CANCELLED: by a person or by a shutdown
        519 => true, // NO_REMOTE_SHARD_AVAILABLE
        667 => true, // NOT_INITIALIZED
        722 => true, // ASYNC_LOAD_WAIT_FAILED: tables are still being loaded
        733 => true, // TABLE_IS_BEING_RESTARTED
        763 => true, // SESSION_REFUSED
        1000 => true, // POCO_EXCEPTION: the network library's
        // Misconfigured: a person has to fix it, and until then nothing may be given up because of it.
        81 => true,  // UNKNOWN_DATABASE: not made yet
        192 => true, // UNKNOWN_USER
        193 => true, // WRONG_PASSWORD
        194 => true, // REQUIRED_PASSWORD
        497 => true, // ACCESS_DENIED
        516 => true, // AUTHENTICATION_FAILED
        _ => false,
    };

    /// <summary>An answer that is an error. <paramref name="code"/> is its <c>X-ClickHouse-Exception-Code</c>, if it had one.</summary>
    internal static ClickHouseException Of(int status, int? code, string text)
    {
        if ((code ?? CodeIn(text)) is { } known)
            return new(known, Tidy(text), IsTransient(known) || (known == UnknownTable && IsOurs(text)));
        // Not an answer of ClickHouse: a proxy, or a server that is starting. 401 and 403 are configuration faults, as above.
        var isTransient = status is 401 or 403 or 408 or 429 or >= 500;
        return new(NoAnswer, $"HTTP status {status}: {Tidy(text)}", isTransient);
    }

    /// <summary>The code in <c>Code: 60. DB::Exception: …</c>; null if the text is not ClickHouse's.</summary>
    internal static int? CodeIn(string text) =>
        CodePattern().Match(text) is { Success: true } match ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : null;

    /// <summary>A table of Batch itself is made again within seconds (<see cref="ClickHouseProbe"/>); a model's table is gone for good.</summary>
    static bool IsOurs(string text) =>
        TablePattern().Match(text) is { Success: true } match && ClickHouseTables.TableNames.Contains(match.Groups[1].Value);

    // Code: 60. DB::Exception: Table default.x does not exist. (UNKNOWN_TABLE) (version 26.7.3.1 (official build))
    static string Tidy(string text)
    {
        text = CodePattern().Replace(text, "", 1);
        var version = text.LastIndexOf(" (version ", StringComparison.Ordinal);
        text = (version < 0 ? text : text[..version]).Trim();
        return text.Length <= 2000 ? text : text[..2000] + "…";
    }

    [GeneratedRegex(@"^\s*Code: (\d+)\. DB::Exception: ", RegexOptions.CultureInvariant)]
    private static partial Regex CodePattern();

    // Table default.job_events does not exist. Maybe you meant …      Unknown table expression identifier 'default.job_events' in scope …
    [GeneratedRegex(@"(?:Table|identifier) ['`]?(?:[^\s.'`]+['`]?\.['`]?)?(\w+)", RegexOptions.CultureInvariant)]
    private static partial Regex TablePattern();
}
