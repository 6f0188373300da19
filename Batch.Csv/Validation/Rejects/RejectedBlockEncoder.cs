using System.Text;
using Batch.Csv.Validation.Native;

namespace Batch.Csv.Validation.Rejects;

/// <summary>Writes errors of rejected rows as Native blocks for the table <c>rejected_rows</c>.</summary>
sealed class RejectedBlockEncoder
{
    const string LowCardinality = "LowCardinality(String)";

    static readonly string[] ColumnNames =
    [
        "tenant_id", "job_id", "row", "seq", "line", "event_id", "column", "type", "error", "observed", "has_observed", "message", "raw",
    ];

    // ClickHouse has job_id as a plain String; sent this way it is a byte a row, and cheaper to read too.
    readonly LowCardinalityBuffer _tenant, _job, _column, _type, _error, _message;
    readonly PagedBuffer _row, _seq, _line, _eventId, _observed, _hasObserved, _raw;
    readonly BlockAssembler _assembler;
    // What the block at hand already has as keys.
    readonly Dictionary<(LowCardinalityBuffer, string), uint> _keys = [];
    (bool IsKnown, uint Column, uint Type, uint Error, uint Message)[] _kinds = []; // by RejectKind.Number
    string _jobId = "";
    uint? _jobKey; // null: the block at hand has none of its errors yet
    long _firstRow, _lastRow;

    public RejectedBlockEncoder(PagePool pool)
    {
        (_tenant, _job, _column, _type) = (Text("tenant_id"), Text("job_id"), Text("column"), Text("type"));
        (_error, _message) = (Text("error"), Text("message"));
        (_row, _seq, _line) = (new(pool), new(pool), new(pool));
        (_eventId, _observed, _hasObserved, _raw) = (new(pool), new(pool), new(pool), new(pool));
        _assembler = new BlockAssembler(pool);

        LowCardinalityBuffer Text(string name) => new(name, LowCardinality, pool);
    }

    /// <summary>Errors in the block at hand.</summary>
    public int Entries { get; private set; }

    /// <summary>Bytes of the block at hand that grow with what stood in the file.</summary>
    public long TextBytes => _eventId.Length + _observed.Length + _raw.Length + _message.KeyBytes;

    /// <summary>Gives all memory back to the pool.</summary>
    public void Clear()
    {
        foreach (var buffer in (ReadOnlySpan<LowCardinalityBuffer>)[_tenant, _job, _column, _type, _error, _message])
            buffer.Clear();
        foreach (var buffer in (ReadOnlySpan<PagedBuffer>)[_row, _seq, _line, _eventId, _observed, _hasObserved, _raw])
            buffer.Clear();
        _assembler.Clear();
        _keys.Clear();
        Array.Clear(_kinds);
        (Entries, _firstRow, _lastRow) = (0, long.MaxValue, 0);
        _jobKey = null;
    }

    public void Begin(ChunkPlan plan, string tenantId)
    {
        Clear();
        if (_kinds.Length < plan.Kinds)
            _kinds = new (bool, uint, uint, uint, uint)[plan.Kinds];
        Key(_tenant, tenantId);
        _row.WriteColumnHeader("row", "UInt64");
        _seq.WriteColumnHeader("seq", "UInt16");
        _line.WriteColumnHeader("line", "UInt64");
        _eventId.WriteColumnHeader("event_id", "String");
        _observed.WriteColumnHeader("observed", "String");
        _hasObserved.WriteColumnHeader("has_observed", "UInt8");
        _raw.WriteColumnHeader("raw", "String");
    }

    /// <summary>The errors that follow are of this job.</summary>
    public void Begin(string jobId) => (_jobId, _jobKey) = (jobId, null);

    /// <summary>One error.</summary>
    /// <param name="message">Its own; null: that of its kind.</param>
    /// <param name="observed">Empty where there is nothing to show.</param>
    /// <param name="raw">The row's bytes; only its first error keeps them.</param>
    public void Add(RejectKind kind, string? message, long row, int seq, long line, ReadOnlySpan<byte> eventId, ReadOnlySpan<byte> observed,
        ReadOnlySpan<byte> raw)
    {
        ref var keys = ref _kinds[kind.Number];
        if (!keys.IsKnown)
            keys = (true, Key(_column, kind.Column), Key(_type, kind.Type), Key(_error, kind.Error), Key(_message, kind.Message));

        _tenant.Append(0, 1);
        _job.Append(_jobKey ??= Key(_job, _jobId), 1);
        _row.Write((ulong)row);
        _seq.Write((ushort)Math.Min(seq, ushort.MaxValue));
        _line.Write((ulong)line);
        _eventId.WriteText(eventId);
        _column.Append(keys.Column);
        _type.Append(keys.Type);
        _error.Append(keys.Error);
        _observed.WriteText(observed);
        _hasObserved.Write(observed.IsEmpty ? (byte)0 : (byte)1);
        _message.Append(message is null ? keys.Message : Key(_message, message));
        _raw.WriteText(seq == 0 ? raw : default);
        (_firstRow, _lastRow) = (Math.Min(_firstRow, row), Math.Max(_lastRow, row));
        Entries++;
    }

    public RejectedBlock End()
    {
        _assembler.Begin(ColumnNames.Length, Entries);
        _tenant.WriteTo(_assembler);
        _job.WriteTo(_assembler);
        foreach (var buffer in (ReadOnlySpan<PagedBuffer>)[_row, _seq, _line, _eventId])
            _assembler.Append(buffer);
        foreach (var buffer in (ReadOnlySpan<LowCardinalityBuffer>)[_column, _type, _error])
            buffer.WriteTo(_assembler);
        _assembler.Append(_observed);
        _assembler.Append(_hasObserved);
        _message.WriteTo(_assembler);
        _assembler.Append(_raw);
        return new RejectedBlock(Entries, ColumnNames, _assembler.End(), _firstRow, _lastRow);
    }

    uint Key(LowCardinalityBuffer buffer, string text)
    {
        if (!_keys.TryGetValue((buffer, text), out var index))
        {
            index = buffer.AddKey(Encoding.UTF8.GetBytes(text));
            _keys.Add((buffer, text), index);
        }

        return index;
    }
}
