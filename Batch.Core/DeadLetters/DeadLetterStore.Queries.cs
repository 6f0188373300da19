using System.Text;
using System.Text.Json.Serialization;
using Batch.Client;
using Batch.Core.Chunks;
using Batch.Core.ClickHouse;
using Batch.Core.Ids;
using Batch.Core.Jobs;
using Batch.Primitives;

namespace Batch.Core.DeadLetters;

public sealed partial class DeadLetterStore
{
    const string Fields = """
        d.job_id AS job_id, d.ordinal AS ordinal, toUnixTimestamp64Milli(d.at) AS at_ms, d.worker AS worker, d.attempts AS attempts,
        toValidUTF8(d.error) AS error, JSONExtractString(d.header, 'model_id') AS model_id, JSONExtractInt(d.header, 'rows') AS rows,
        JSONExtractInt(d.header, 'first_row') AS first_row,
        if(JSONHas(d.header, 'row_numbers'), JSONExtractInt(d.header, 'row_numbers', -1), first_row + rows - 1) AS last_row
        """;

    /// <summary>
    /// The label of the job that a dead letter's rows are run again in. One letter, one label, one job: retrying it twice loads its rows once.
    /// </summary>
    public static string RetryLabel(DeadLetterId id) => $"{RetryPrefix}{id}";

    /// <summary>The job was made of a dead letter's rows, which were abandoned, and not of rejected ones.</summary>
    public static bool IsRetry(Job job) => job.Label?.StartsWith(RetryPrefix, StringComparison.Ordinal) ?? false;

    const string RetryPrefix = "dead-letter ";

    /// <summary>A page of a tenant's dead letters, newest first.</summary>
    /// <param name="jobId">Only those of this job.</param>
    /// <exception cref="InvalidCursorException"></exception>
    public async Task<DeadLetterList> ListAsync(string tenantId, string? jobId, string? cursor, int limit, CancellationToken cancellationToken)
    {
        var parameters = new ClickHouseParameters().Add("tenant", tenantId).Add("limit", limit + 1);
        var where = "d.tenant_id = {tenant:String} AND d.job_id != ''";
        if (jobId is not null)
        {
            parameters.Add("job", jobId);
            where += " AND d.job_id = {job:String}";
        }
        if (DeadLetterCursor.Parse(cursor) is { } after)
        {
            parameters.Add("at", after.AtMs).Add("after_job", after.Id.JobId).Add("after_ordinal", after.Id.Ordinal);
            where += " AND (-toUnixTimestamp64Milli(d.at), d.job_id, d.ordinal) > (-{at:Int64}, {after_job:String}, {after_ordinal:UInt32})";
        }
        var lines = await clickHouse.QueryAsync(
            $"""
            SELECT {Fields} FROM {ClickHouseTables.DeadLetters} AS d WHERE {where}
            ORDER BY at_ms DESC, d.job_id, d.ordinal LIMIT 1 BY d.job_id, d.ordinal LIMIT {"{limit:UInt32}"}
            """,
            parameters, DeadLetterJson.Default.DeadLetterLine, cancellationToken);
        string? next = null;
        if (lines.Count > limit)
        {
            lines.RemoveRange(limit, lines.Count - limit);
            next = new DeadLetterCursor(lines[^1].AtMs, lines[^1].Id).ToString();
        }
        var retries = await RetriesAsync(tenantId, lines, cancellationToken);
        return new([.. lines.Select(line => line.ToWire(retries.GetValueOrDefault(line.Id)))], next);
    }

    /// <summary>What travelled with the chunk; null where there is no such dead letter.</summary>
    /// <exception cref="ChunkFormatException">Its header cannot be read.</exception>
    public async Task<ChunkHeader?> FindAsync(string tenantId, DeadLetterId id, CancellationToken cancellationToken)
    {
        var found = await clickHouse.QueryAsync(
            $"SELECT d.header AS header FROM {ClickHouseTables.DeadLetters} AS d WHERE {This} LIMIT 1",
            Parameters(tenantId, id), DeadLetterJson.Default.HeaderLine, cancellationToken);
        return found is [var line] ? ChunkHeaderCodec.Parse(Encoding.UTF8.GetBytes(line.Header), $"The dead letter {id}") : null;
    }

    /// <summary>The rows of the chunk, as they stood in the file. At most as much as the log takes as one record.</summary>
    /// <exception cref="ChunkFormatException">The bytes are not those that were sent.</exception>
    public async Task<byte[]> RowsAsync(string tenantId, DeadLetterId id, ChunkHeader header, CancellationToken cancellationToken)
    {
        await using var body = await clickHouse.OpenAsync(
            $"SELECT d.payload FROM {ClickHouseTables.DeadLetters} AS d WHERE {This} LIMIT 1 FORMAT RawBLOB", Parameters(tenantId, id), cancellationToken);
        using var bytes = new MemoryStream();
        await body.CopyToAsync(bytes, cancellationToken);
        var rows = bytes.ToArray();
        return Crc32C.Of(rows) == header.Checksum ? rows : throw new ChunkFormatException(
            $"Rows {header.FirstRow} to {header.LastRow}, the dead letter {id}, do not match the checksum they were sent with ({header.Checksum:x8}): they were damaged in transit.");
    }

    const string This = "d.tenant_id = {tenant:String} AND d.job_id = {job:String} AND d.ordinal = {ordinal:UInt32}";

    static ClickHouseParameters Parameters(string tenantId, DeadLetterId id) =>
        new ClickHouseParameters().Add("tenant", tenantId).Add("job", id.JobId).Add("ordinal", id.Ordinal);

    async Task<Dictionary<DeadLetterId, string>> RetriesAsync(string tenantId, List<DeadLetterLine> lines, CancellationToken cancellationToken)
    {
        // The job of a label has an id that follows from the label, so that nothing has to be written into the letter.
        var jobs = lines.ToDictionary(line => JobIds.OfLabel(tenantId, RetryLabel(line.Id)), line => line.Id);
        if (jobs.Count == 0)
            return [];
        var made = await clickHouse.QueryAsync(
            $"SELECT DISTINCT tenant_id, job_id FROM {ClickHouseTables.JobEvents} WHERE (tenant_id, job_id) IN {"{keys:Array(Tuple(String, String))}"}",
            new ClickHouseParameters().Add("keys", jobs.Keys.Select(job => (tenantId, job))), JobJson.Default.KeyRow, cancellationToken);
        return made.ToDictionary(row => jobs[row.JobId], row => row.JobId);
    }
}

internal sealed record DeadLetterLine(
    string JobId, int Ordinal, long AtMs, string Worker, int Attempts, string Error, string ModelId, long Rows, long FirstRow, long LastRow)
{
    public DeadLetterId Id => new(JobId, Ordinal);

    public DeadLetter ToWire(string? retryJobId) => new()
    {
        DeadLetterId = Id.ToString(),
        JobId = JobId,
        ModelId = ModelId,
        Chunk = Ordinal,
        FirstRow = FirstRow,
        LastRow = LastRow,
        Rows = Rows,
        Attempts = Attempts,
        Error = Error,
        Worker = Worker,
        At = DateTimeOffset.FromUnixTimeMilliseconds(AtMs),
        RetryJobId = retryJobId,
    };
}

internal sealed record HeaderLine(string Header);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(DeadLetterLine))]
[JsonSerializable(typeof(HeaderLine))]
internal sealed partial class DeadLetterJson : JsonSerializerContext;
