using System.Text.Json.Nodes;
using Batch.Api.Tenants;
using Batch.Api.Uploads;
using Batch.Csv.Inference;
using Batch.Primitives;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Batch.Api.Schemas;

internal static class SchemasApi
{
    public static void MapSchemas(this IEndpointRouteBuilder routes) => routes.MapPost("/schema", InferSchema)
        .WithTags("Schemas").WithName("InferSchema")
        .WithSummary("Infer a schema from a CSV file")
        .WithDescription("The file as for POST /jobs. The answer is a schema for POST /models, and such a model accepts at least 99 of 100 rows of the file. "
            + "format=clickhouse: a map of names to ClickHouse types instead of a JSON Schema; format=ddl: a CREATE TABLE. "
            + "evidence=true adds the evidence as each column's $comment. strict=true allows only the categories found. "
            + "A column without a usable name is an error unless extra_columns=ignore; a first line that looks like a row is one unless header=present. "
            + "The separator is detected by default (delimiter).")
        .TakesFile()
        .Produces<JsonObject>()
        .Refuses(415);

    // Nothing of it is kept and nobody's things are read, but it costs work: a key is needed where keys are.
    static async Task<Results<Ok<JsonObject>, ContentHttpResult>> InferSchema(
        HttpContext context, Tenant tenant, UploadConcurrencyLimiter concurrency, ByteBudget budget, UploadOptions options, CancellationToken cancellationToken,
        string? format = null, string? delimiter = null, bool evidence = false, bool strict = false, string? header = null,
        [FromQuery(Name = "extra_columns")] string? extraColumns = null, string? table = null)
    {
        // Named for the API's description; read with the other settings of a file, as is the delimiter.
        _ = (tenant, delimiter, extraColumns);
        if (format is not (null or "" or "json" or "clickhouse" or "ddl"))
            throw RequestException.BadParameter("format", format, "one of json, clickhouse, ddl");
        if (header is not (null or "" or "present"))
            throw RequestException.BadParameter("header", header, "present, or nothing");
        UploadBody.CheckType(context.Request);
        using var permit = await concurrency.TakeAsync(cancellationToken);
        var settings = UploadSettings.Of(context.Request);
        await using var body = await UploadBody.OpenAsync(context.Request, settings, options, cancellationToken);
        var inferred = await SchemaInference.InferAsync(body.Csv, new InferenceOptions
        {
            Dialect = settings.Dialect,
            ClosedCategories = strict,
            TrustHeader = header == "present",
            IgnoreUnusableColumns = settings.IgnoreExtraColumns ?? false,
            Budget = budget,
        }, cancellationToken);
        await body.FinishAsync(cancellationToken);
        return format switch
        {
            "ddl" => TypedResults.Text(inferred.ToDdl(string.IsNullOrEmpty(table) ? "data" : table) + "\n", "text/plain"),
            "clickhouse" => TypedResults.Ok(inferred.ToClickHouse()),
            _ => TypedResults.Ok(inferred.ToJsonSchema(evidence)),
        };
    }
}
