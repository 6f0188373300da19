namespace Batch.Api.OpenApi;

/// <summary>The examples of the API's document.</summary>
internal static class ApiExamples
{
    const string Schema = """{"event_id":"String","timestamp":"UInt32","amount":"Float64"}""";

    const string Model = $$"""
        {
          "model_id": "0f3c2d1e4b5a69788796a5b4c3d2e1f0", "tenant_id": "tenant_a", "name": "purchases", "version": 1,
          "schema": {{Schema}},
          "columns": [
            {"name": "event_id", "type": "STRING", "clickhouse_type": "String", "required": true, "iso8601": false},
            {"name": "timestamp", "type": "TIMESTAMP", "clickhouse_type": "UInt32", "required": true, "iso8601": false},
            {"name": "amount", "type": "FLOAT", "clickhouse_type": "Float64", "required": true, "iso8601": false}
          ],
          "table": "data_0f3c2d1e4b5a69788796a5b4c3d2e1f0",
          "created_at": "2023-03-15T12:00:00.000Z", "updated_at": "2023-03-15T12:00:00.000Z"
        }
        """;

    const string Job = """
        {
          "job_id": "a5b6c7d8e9f00112233445566778899a", "tenant_id": "tenant_a",
          "model_id": "0f3c2d1e4b5a69788796a5b4c3d2e1f0", "model_name": "purchases", "model_version": 1,
          "total": 3, "success": 2, "errors": 1, "abandoned": 0, "percent": 66, "state": "PARTIAL_SUCCESS",
          "failure_code": null, "failure": null, "file_name": "data.csv", "label": null, "source_job_id": null, "ignored_columns": [], "warnings": [],
          "waiting_ms": 40, "processing_ms": 120,
          "created_at": "2023-03-15T12:01:40.000Z", "updated_at": "2023-03-15T12:01:40.160Z"
        }
        """;

    const string Rejected = """
        {
          "job_id": "a5b6c7d8e9f00112233445566778899a", "rejected_rows": 1,
          "rows": [{
            "row": 2, "line": 3, "event_id": "1005ef01", "column": "amount", "type": "FLOAT", "error": "NOT_A_FLOAT", "observed": "abc",
            "message": "The value for 'amount' is not a float. Provide a numeric value (e.g. 3.14).", "raw": "1005ef01,1716045543,abc"
          }],
          "next": null
        }
        """;

    public static string? RequestOf(string? operation) => operation switch
    {
        "CreateModel" or "UpdateModel" => $$"""{"name": "purchases", "schema": {{Schema}}}""",
        _ => null,
    };

    public static IEnumerable<(string Status, string Answer)> AnswersOf(string? operation) => operation switch
    {
        "ListModels" => [("200", $"[{Model}]")],
        "CreateModel" => [("201", Model)],
        "GetModel" or "UpdateModel" => [("200", Model)],
        "DeleteModel" => [("200", """{"status": "deleted"}""")],
        "ListJobs" => [("200", $$"""{"jobs": [{{Job}}], "next": null}""")],
        "CreateJob" or "ReprocessJob" => [("202", Job), ("200", Job)],
        "GetJob" => [("200", Job)],
        "CancelJob" => [("200", """{"status": "cancelled"}""")],
        "GetRejectedRows" => [("200", Rejected)],
        _ => [],
    };
}
