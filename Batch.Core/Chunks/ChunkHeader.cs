using System.Text.Json.Serialization;
using Batch.Csv;
using Batch.Csv.Dialects;
using Batch.Csv.Schema;
using Batch.Csv.Validation;

namespace Batch.Core.Chunks;

/// <summary>What travels with the bytes of a chunk: everything a worker needs to validate and load it.</summary>
/// <remarks>
/// The chunk itself is the log record's value: whole CSV rows as in the file, without the header line. A record may carry several
/// small chunks, of different jobs, one after the other.
/// </remarks>
public sealed record ChunkHeader
{
    /// <summary>Version of this format; an unknown one becomes a dead letter.</summary>
    public int Format { get; init; } = ChunkHeaderCodec.OneChunk;
    /// <summary>Its record may carry other chunks too.</summary>
    [JsonIgnore]
    public bool IsShared => Format is ChunkHeaderCodec.OldSeveralChunks or ChunkHeaderCodec.SeveralChunks or ChunkHeaderCodec.SeveralChunksOfDialects;
    /// <summary>Rows are split by the rules before format 3: literal quotes, blank lines skipped whatever the number of columns.</summary>
    [JsonIgnore]
    public bool IsOfOldRules => Format is ChunkHeaderCodec.OldOneChunk or ChunkHeaderCodec.OldSeveralChunks;
    public required string TenantId { get; init; }
    public required string JobId { get; init; }
    public required string ModelId { get; init; }
    public required int ModelVersion { get; init; }
    /// <summary>Counts up from 0 within the job; names the chunk's receipt and its deduplication tokens.</summary>
    public required int Ordinal { get; init; }
    /// <summary>Of its upload: 0 is the first, the others resume a load that broke off.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Attempt { get; init; }
    /// <summary>Number of the chunk's first row; data rows of a file count from 1.</summary>
    public required long FirstRow { get; init; }
    /// <summary>Number of the line on which the first row starts; lines count from 1.</summary>
    public required long FirstLine { get; init; }
    public required int Rows { get; init; }
    /// <summary>CRC-32C of the chunk's bytes.</summary>
    public required uint Checksum { get; init; }
    /// <summary>Length of the chunk in the record's value; null: all of it, because the record carries no other.</summary>
    public int? Bytes { get; init; }
    public byte Delimiter { get; init; } = (byte)',';
    public int MaxRowBytes { get; init; } = 1 << 20;
    /// <summary>Quotes inside a field are text; null: an error.</summary>
    public bool? LiteralQuotes { get; init; }
    /// <summary>What else its rows are read by; null: plain CSV. Only in formats whose readers know of it.</summary>
    public FileDialect? FileDialect { get; init; }
    /// <summary>A row with fewer fields than the header line is padded with blanks; null: it is rejected.</summary>
    public bool? PadShortRows { get; init; }
    /// <summary>The file's header line, to recognize rows that repeat it; null if it is too long, or in <see cref="Job"/>.</summary>
    public byte[]? HeaderLine { get; init; }
    /// <summary>
    /// For each column of the file, the index of the model's column it fills, or -1 where it is ignored.
    /// Its length is the number of fields a row should have.
    /// </summary>
    public required IReadOnlyList<int> Mapping { get; init; }
    /// <summary>Only for reprocessed rows, which are not consecutive: each row's own number and line.</summary>
    public IReadOnlyList<long>? RowNumbers { get; init; }
    public IReadOnlyList<long>? LineNumbers { get; init; }
    /// <summary>The job fails once more rows than this are rejected; null: no limit.</summary>
    public long? MaxErrors { get; init; }

    /// <summary>In a job's first chunk: everything else about the job. Null if its header line is too long, and in later attempts.</summary>
    public JobDescription? Job { get; init; }

    /// <summary><see cref="Job"/> as older versions wrote it, only if it creates the job. The codec moves it there.</summary>
    public JobDescription? Whole { get; init; }

    /// <summary>How the chunk is split into rows and fields.</summary>
    [JsonIgnore]
    public CsvDialect Dialect => Rules.Dialect(Delimiter, FileDialect) with { MaxRowBytes = MaxRowBytes, IsOneColumn = Mapping.Count == 1 && !IsOfOldRules };

    /// <summary>The chunk's rows, for validation.</summary>
    public ChunkRows RowsIn(ReadOnlyMemory<byte> bytes) => new()
    {
        Bytes = bytes, Count = Rows, FirstRow = FirstRow, FirstLine = FirstLine, RowNumbers = RowNumbers, LineNumbers = LineNumbers, Mapping = Mapping,
        Dialect = Dialect, Values = FileDialect, PadShortRows = PadShortRows == true, HeaderLine = IsOfOldRules ? [] : HeaderLine ?? Job?.HeaderLine ?? [],
        TenantId = TenantId,
        JobId = JobId,
    };

    /// <summary>What its rows may do.</summary>
    [JsonIgnore]
    public RowRules Rules => new(LiteralQuotes == true || IsOfOldRules, PadShortRows == true);

    /// <summary>Number of the chunk's last row. No other chunk of the job has rows between its first and its last.</summary>
    [JsonIgnore]
    public long LastRow => RowNumbers is { } numbers ? numbers[^1] : FirstRow + Rows - 1;
}
