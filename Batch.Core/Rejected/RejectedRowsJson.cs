using System.Text.Json.Serialization;
using Batch.Client;

namespace Batch.Core.Rejected;

/// <summary>A line of <c>rejected_rows</c> as it is read: the wire record, and its place among the errors of its row.</summary>
internal sealed record RejectedLine(
    long Row, int Seq, long Line, string? EventId, string Column, string Type, string Error, string? Observed, string Message, string? Raw)
{
    public RejectedRow ToRow() => new()
    {
        Row = Row,
        Line = Line,
        EventId = EventId,
        Column = Column,
        Type = Type,
        Error = Error,
        Observed = Observed,
        Message = Message,
        Raw = Raw,
    };
}

/// <summary>A line of <c>rejected_rows</c> as it is written for a header fault.</summary>
internal sealed record HeaderFaultLine(
    string TenantId, string JobId, long Row, int Seq, long Line, string EventId, string Column, string Type, string Error,
    string Observed, int HasObserved, string Message)
{
    public static readonly string[] Columns =
        ["tenant_id", "job_id", "row", "seq", "line", "event_id", "column", "type", "error", "observed", "has_observed", "message"];
}

internal sealed record RepairedCount(long Rows, long Repaired);

internal sealed record RepairerRow(string JobId);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RejectedLine))]
[JsonSerializable(typeof(HeaderFaultLine))]
[JsonSerializable(typeof(RejectedSummary))]
[JsonSerializable(typeof(RepairedCount))]
[JsonSerializable(typeof(RejectedNumber))]
[JsonSerializable(typeof(RepairerRow))]
internal sealed partial class RejectedJson : JsonSerializerContext;
