namespace Batch.Cli;

internal static partial class CodeGuides
{
    static IEnumerable<CodeGuide> Jobs =>
    [
        Job("UPLOAD_INTERRUPTED", "The upload ended before the end of the file.", "The connection was lost, the client was stopped, or the API that received the file died.",
            "Submit it again, under the same --label if it had one: the load is resumed, and no row is loaded twice. Without a label, rows that were loaded are loaded again."),
        Job("HEADER_FAULT", "The header line does not fit the model, so no row was loaded.", "A required column is missing, or there is one that the model does not have.",
            "'batch job rejected JOB' says which. Fix the header, update the model, or submit with --ignore-extra-columns."),
        Job("NO_GOOD_ROWS", "Every row was rejected.", "Usually one thing is wrong with all of them: the separator, a date format, the wrong model.",
            "'batch job rejected JOB --summary' shows what; fix it and reprocess."),
        Job("ERROR_BUDGET_EXCEEDED", "More rows were rejected than --max-errors allows.", "The file has more bad rows than expected.",
            "See 'batch job rejected JOB --summary'; rows loaded before that stay and are counted. A load with a label can be resumed with a larger --max-errors."),
        Job("LABEL_CONTENT_DIFFERS", "The label belongs to a different file.", "Another file was loaded under the label, or its load was started.",
            "Send that file again to resume its load, or send this one under a new label."),
        Job("DEAD_LETTER", "A chunk of the file could not be processed at all.", "A fault in the worker, or a chunk damaged in transit; every attempt failed.",
            "The worker's log has the reason, and the chunk is kept in dead_letters. Its rows are counted as abandoned; submit them again once the cause is fixed."),
        Job("ROWS_ABANDONED", "Some rows were neither loaded nor rejected.", "Chunks were given up.", "Submit the file again, and see the worker's log."),
        Job("LOG_LOST_CHUNKS", "The log lost chunks of the file before they were loaded.", "Its retention is shorter than the workers were down, or one of its segments was damaged or removed.",
            "Their rows are counted as abandoned; submit those that are missing again, and set the retention of the log longer than workers may be down."),
        Job("MODEL_DELETED", "The model was deleted while the job ran, or before its rows were reprocessed.", "Somebody deleted it.", "Create the model again and submit the rows to it."),
        Job("CONSERVATION_BREACH", "The counts of the job do not add up.", "A bug, or somebody has changed the tables by hand.", "'batch job verify JOB' shows the counts. Please report it."),
    ];

    static IEnumerable<CodeGuide> Requests =>
    [
        Request("JOB_NOT_FOUND", "There is no such job.", "The id is mistyped, or belongs to another tenant.", "'batch job list' shows the jobs; give --tenant if it is another's."),
        Request("MODEL_NOT_FOUND", "There is no such model.", "The id or name is mistyped, deleted, or belongs to another tenant.", "'batch model list' shows the models; give --tenant if it is another's."),
        Request("AMBIGUOUS_ID", "The id or name is ambiguous.", "Several ids begin with it, or several models have this name.", "Give more digits of the id."),
        Request("INVALID_SCHEMA", "The schema cannot be understood.", "The detail says which part of it.", "Fix it, or start from 'batch schema data.csv'."),
        Request("INCOMPATIBLE_SCHEMA", "The model cannot change like that.", "What is stored in its table would not fit the new types; only widening and adding columns is possible.", "Keep the type, or create a new model."),
        Request("SCHEMA_MISSING", "The request has no schema.", "The body lacks the member \"schema\".", "{\"name\": \"purchases\", \"schema\": {\"event_id\": \"String\"}}"),
        Request("NAME_MISSING", "The request has no name.", "The body lacks the member \"name\".", "{\"name\": \"purchases\", \"schema\": {\"event_id\": \"String\"}}"),
        Request("MODEL_CONFLICT", "The model was changed by somebody else at the same moment.", "Two updates collided.", "Look at the current model, and update it again."),
        Request("MODEL_ID_MISSING", "The request does not say which model the file is for.", "There is no model_id in the query, or in the form before the file.", "curl -F 'model_id=…' -F 'file=@data.csv'"),
        Request("JOB_OVER", "The job is over already.", "It ended before the request came, or was cancelled while its file was being uploaded.", "Nothing is left to cancel; 'batch job status JOB' shows how it ended."),
        Request("JOB_RUNNING", "The job is not over yet.", "More of its rows may still be rejected.", "'batch job wait JOB', then try again."),
        Request("NOTHING_REJECTED", "There are no rows to reprocess.", "The job has no rejected rows, or none that match --only and --column.", "'batch job rejected JOB --summary' shows what there is."),
        Request("ALREADY_REPAIRED", "The rows to reprocess are repaired already.", "The same rows were reprocessed before, and are loaded.",
            "Nothing is left to do; 'batch job verify JOB' shows the file over all repairs. --again loads them once more."),
        Request("REPAIR_RUNNING", "Another job is repairing rows of the same file.", "Repairs of a file run one at a time, so that none loads a row twice.",
            "'batch job wait JOB' for the job named, then try again for the rows that are left."),
        Request("REPROCESS_INSTEAD", "The dead letter is of a job that repairs rows.", "Its rows are still rejected rows of the job's source, where a later repair may have loaded them.",
            "'batch job reprocess JOB' with the source job loads those that are not loaded yet; or send the fixed file again."),
        Request("UNKNOWN_COLUMN", "The model has no column of this name.", "--set names a column that is not in the model.", "'batch model describe MODEL' lists the columns; names are matched exactly."),
        Request("LABEL_IN_USE", "The label belongs to a job of another model, or of other rows.", "It was used before.", "Use a new label for a new file."),
        Request("LABEL_BUSY", "The outcome of the label's job is not known yet.", "Its upload sends no heartbeats, or some of its chunks are still in progress.", "Try again in a few seconds."),
        Request("NOT_RESUMABLE", "The load of this label broke off and cannot be resumed.", "It was started by an older version of Batch, or rows of it were reprocessed as another job.", "Delete its rows from the table, as the detail says, and send the file under a new label."),
        Request("INVALID_PARAMETER", "A parameter has an invalid value.", "The detail names it and its valid values.", "Give one of the valid values."),
        Request("CONFLICTING_PARAMETER", "A parameter was given twice, with different values.", "It is in the query and in the form, or twice in one of them.", "Give it once."),
        Request("INVALID_CURSOR", "The cursor is invalid.", "It was changed, or is not the 'next' of an answer.", "Use 'next' unchanged, or begin without a cursor."),
        Request("INVALID_JSON", "The body is not the JSON expected.", "The detail says where.", "Fix it; docs/http-api.md shows the bodies."),
        Request("INVALID_FORM", "The form cannot be read.", "It is cut off, has too many parts or parts without names.", "Let curl -F or an HTTP library write it."),
        Request("INVALID_TENANT", "The tenant header is invalid.", "It is too long, has control characters, or is given twice.", "Send one name of printable characters."),
        Request("TENANT_MISMATCH", "The key belongs to another tenant.", "The header or --tenant names a tenant that is not the key's.", "Leave the tenant out: the key determines it."),
        Request("API_KEY_MISSING", "This service requires a key.", "The request has none.", "Put it into BATCH_API_KEY, or 'batch context set NAME --api-key-stdin'."),
        Request("API_KEY_UNKNOWN", "The key is unknown.", "It is mistyped, revoked, or from another service.", "Ask the operator of the service for a key."),
        Request("UNSUPPORTED_MEDIA_TYPE", "The type of the body is not supported.", "Content-Type is wrong: curl --data-binary says application/x-www-form-urlencoded by default.", "Send a file as it is (curl -T data.csv, or -H 'Content-Type: text/csv' --data-binary @data.csv) or as a form (curl -F); JSON where JSON is expected."),
        Request("UNSUPPORTED_CONTENT_ENCODING", "The compression of the body is not supported.", "Only gzip is.", "Send gzip, or the plain file."),
        Request("BODY_TOO_LARGE", "The body is larger than the service accepts.", "A limit of the service, or of a proxy in front of it.", "Split the file, or ask the operator of the service."),
        Request("ROUTE_NOT_FOUND", "There is no such route.", "The path is mistyped, or the server is not a Batch API.", "/openapi/v1.json lists the routes."),
        Request("METHOD_NOT_ALLOWED", "The route does not allow this method.", "For example GET instead of POST.", "The detail says which methods it allows; /openapi/v1.json lists the routes."),
        Request("BAD_REQUEST", "The request cannot be read.", "A parameter is not of its type, or the request is not valid HTTP.", "The detail says what to fix."),
        Request("REQUEST_TIMEOUT", "The request came too slowly.", "The connection is slower than the service allows, or stalled.", "Send it again; 'batch job create' with --label is safe to repeat."),
        Request("DEAD_LETTER_NOT_FOUND", "There is no such dead letter.", "The id is mistyped, or belongs to another tenant.", "'batch dead-letter list' shows them; give --tenant if it is another's."),
        Request("DEAD_LETTER_DAMAGED", "The stored chunk of the dead letter cannot be read.", "It was damaged before it was set aside.", "Upload those rows of the file again."),
        Request("NOTHING_TO_RETRY", "All rows of the dead letter are in the tables.", "They were loaded or rejected before the chunk became a dead letter.", "Nothing is left to do."),
        Request("INTERRUPTED", "The API stopped during the request.", "It was restarted.", "Try again."),
        Request("LOG_UNAVAILABLE", "The service cannot accept files now.", "Its log (Redpanda, Kafka or the embedded broker) does not answer.", "Try again later; nothing was half created."),
        Request("LOG_FULL", "The service has no space for more files now.", "The disk of its log is full.", "Try again when there is space."),
        Request("CLICKHOUSE_UNAVAILABLE", "The service cannot serve this now.", "ClickHouse does not answer, or is read-only.", "Try again later."),
        Request("INTERNAL_ERROR", "Something went wrong in the service.", "A bug.", "Its log has details under the trace_id of the answer. Please report it."),
        Request("UNEXPECTED_ANSWER", "The server that answered is not a Batch API.", "The address belongs to another server, or to another version.", "Check --api-url."),
    ];

    static CodeGuide Job(string code, string what, string why, string fix) => new(code, "job", what, why, fix);

    static CodeGuide Request(string code, string what, string why, string fix) => new(code, "request", what, why, fix);
}
