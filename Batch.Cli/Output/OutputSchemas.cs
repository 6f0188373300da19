using System.Globalization;
using Batch.Client;
using Batch.Csv.Inference;

namespace Batch.Cli.Output;

/// <summary>What scripts get of every kind of thing.</summary>
internal static class OutputSchemas
{
    public static Shape<JobStatus> Job { get; } = new(BatchJson.Default.JobStatus,
        ["job_id", "model_id", "model_name", "state", "total", "success", "errors", "abandoned", "percent", "waiting_ms", "processing_ms",
            "created_at", "updated_at", "file_name", "label", "source_job_id", "failure_code", "failure", "ignored_columns", "warnings",
            "already_repaired", "repaired"],
        job => [job.JobId, job.ModelId, job.ModelName, Names.Of(job.State), Text(job.Total), Text(job.Success), Text(job.Errors),
            Text(job.Abandoned), Text(job.Percent), Text(job.WaitingMs), Text(job.ProcessingMs), Text(job.CreatedAt), Text(job.UpdatedAt),
            job.FileName ?? "", job.Label ?? "", job.SourceJobId ?? "", job.FailureCode ?? "", job.Failure ?? "",
            string.Join('|', job.IgnoredColumns), string.Join(' ', job.Warnings),
            job.AlreadyRepaired is { } leftOut ? Text(leftOut) : "", job.Repaired is { } repaired ? Text(repaired) : ""]);

    public static Shape<Model> Model { get; } = new(BatchJson.Default.Model,
        ["model_id", "name", "version", "columns", "created_at", "updated_at", "table"],
        model => [model.ModelId, model.Name, Text(model.Version), Text(model.Columns.Count), Text(model.CreatedAt), Text(model.UpdatedAt), model.Table]);

    public static Shape<ModelColumn> Column { get; } = new(BatchJson.Default.ModelColumn,
        ["name", "type", "clickhouse_type", "required", "minimum", "maximum", "length", "iso8601", "allowed_values", "date_format"],
        column => [column.Name, column.Type, column.ClickhouseType, column.Required ? "true" : "false",
            Text(column.Minimum), Text(column.Maximum), column.Length is { } length ? Text(length) : "", column.Iso8601 ? "true" : "false",
            string.Join('|', column.AllowedValues ?? []), column.DateFormat ?? ""]);

    public static Shape<RejectedRow> Rejected { get; } = new(BatchJson.Default.RejectedRow,
        ["row", "line", "event_id", "column", "type", "error", "observed", "message"],
        row => [Text(row.Row), Text(row.Line), row.EventId ?? "", row.Column, row.Type, row.Error, row.Observed ?? "", row.Message]);

    public static Shape<RejectedSummary> Summary { get; } = new(BatchJson.Default.RejectedSummary,
        ["column", "type", "error", "count", "sample"],
        kind => [kind.Column, kind.Type, kind.Error, Text(kind.Count), kind.Sample ?? ""]);

    public static Shape<VerifyReport> Verify { get; } = new(BatchJson.Default.VerifyReport,
        ["job_id", "state", "total", "success", "errors", "abandoned", "rows_in_table", "distinct_rows_in_table", "rejected_rows_in_table",
            "consistent", "breaches",
            "final", "root_job_id", "file_total", "file_loaded", "file_not_loaded", "file_loaded_twice", "file_loaded_again"],
        report => [report.JobId, Names.Of(report.State), Text(report.Total), Text(report.Success), Text(report.Errors), Text(report.Abandoned),
            Text(report.RowsInTable), Text(report.DistinctRowsInTable), Text(report.RejectedRowsInTable), report.Consistent ? "true" : "false",
            string.Join(" ", report.Breaches), report.Final ? "true" : "false", .. Lineage(report.Lineage)]);

    static string[] Lineage(VerifyLineage? file) => file is null ? ["", "", "", "", "", ""]
        : [file.RootJobId, Text(file.Total), Text(file.Loaded), Text(file.NotLoaded), Text(file.LoadedTwice), Text(file.LoadedAgain)];

    public static Shape<DeadLetter> DeadLetter { get; } = new(BatchJson.Default.DeadLetter,
        ["dead_letter_id", "job_id", "model_id", "chunk", "first_row", "last_row", "rows", "attempts", "error", "worker", "at", "retry_job_id"],
        letter => [letter.DeadLetterId, letter.JobId, letter.ModelId, Text(letter.Chunk), Text(letter.FirstRow), Text(letter.LastRow), Text(letter.Rows),
            Text(letter.Attempts), letter.Error, letter.Worker, Text(letter.At), letter.RetryJobId ?? ""]);

    public static Shape<CodeGuide> Code { get; } = new(CliJson.Default.CodeGuide,
        ["code", "kind", "what", "why", "fix", "example"],
        guide => [guide.Code, guide.Kind, guide.What, guide.Why, guide.Fix, guide.Example ?? ""]);

    public static Shape<ContextRow> Context { get; } = new(CliJson.Default.ContextRow,
        ["name", "current", "api_url", "tenant", "has_api_key"],
        row => [row.Name, row.Current ? "true" : "false", row.ApiUrl ?? "", row.Tenant ?? "", row.HasApiKey ? "true" : "false"]);

    public static Shape<FileErrorKind> FileErrors { get; } = new(CliJson.Plain.FileErrorKind,
        ["column", "type", "error", "count", "sample", "file"],
        kind => [kind.Column, kind.Type, kind.Error, Text(kind.Count), kind.Sample ?? "", kind.File]);

    public static Shape<InferredRow> Inferred { get; } = new(CliJson.Plain.InferredRow,
        ["name", "type", "clickhouse_type", "required", "values", "blanks", "first_blank_row", "distinct", "more_distinct", "minimum", "maximum",
            "longest_bytes", "samples", "allowed_values", "ruled_out_type", "ruled_out_row", "ruled_out_value", "ruled_out_reason", "categories", "misfits"],
        row => [row.Name, row.Type, row.ClickhouseType, row.Required ? "true" : "false", Text(row.Values), Text(row.Blanks),
            row.FirstBlankRow is { } blank ? Text(blank) : "", Text(row.Distinct), row.MoreDistinct ? "true" : "false", row.Minimum ?? "", row.Maximum ?? "",
            Text(row.LongestBytes), string.Join('|', row.Samples), string.Join('|', row.AllowedValues),
            Decisive(row)?.Type ?? "", Decisive(row) is { } decisive ? Text(decisive.Row) : "", Decisive(row)?.Value ?? "", Decisive(row)?.Reason ?? "",
            string.Join('|', row.Categories), Text(row.Misfits?.Count ?? 0)]);

    static RuledOut? Decisive(InferredRow row) => row.RuledOut is [var first, ..] ? first : null;

    static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
    static string Text(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";
    static string Text(DateTimeOffset value) => value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
