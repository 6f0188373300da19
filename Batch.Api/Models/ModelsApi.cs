using System.Text.Json;
using Batch.Api.Hosting;
using Batch.Api.Tenants;
using Batch.Client;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Reading;
using Batch.Core.Jobs.Writing;
using Batch.Core.Models;
using Batch.Csv.Schema;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Batch.Api.Models;

internal static class ModelsApi
{
    const int MaxNameLength = 200;

    /// <summary>So that somebody with fewer models gets all of them, as the user guide has it.</summary>
    const int MaxLimit = 1_000;

    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/models").WithTags("Models");
        group.MapGet("", ListModels).WithName("ListModels")
            .WithSummary("List the models of the tenant, by name")
            .WithDescription("In pages of 1 to 1,000 (limit, 1,000 by default), which end earlier where their schemas reach 1 MiB together. "
                + "The header Link has the address of the next page (rel=\"next\"), with its cursor; it is missing on the last.");
        group.MapPost("", CreateModel).WithName("CreateModel")
            .WithSummary("Create a model")
            .WithDescription("The schema is a map of column names to ClickHouse types or to STRING, INTEGER, …, or a JSON Schema. "
                + "The answer has it as submitted, and as interpreted, column by column.")
            .Refuses(413, 415);
        group.MapGet("/{model}", GetModel).WithName("GetModel")
            .WithSummary("Get a model")
            .WithDescription("By its id, a unique prefix of it (4 or more digits), or its name.")
            .Refuses(404);
        group.MapPut("/{model}", UpdateModel).WithName("UpdateModel")
            .WithSummary("Update a model")
            .WithDescription("Creates a new version. Jobs keep the version they started with. A change that would not fit the stored data is 409.")
            .Refuses(404, 409, 413, 415);
        group.MapDelete("/{model}", DeleteModel).WithName("DeleteModel")
            .WithSummary("Delete a model")
            .WithDescription("Its unfinished jobs fail with MODEL_DELETED. Its table is kept unless drop_data=true.")
            .Refuses(404);
    }

    static async Task<Ok<IReadOnlyList<Model>>> ListModels(
        Tenant tenant, ModelStore models, HttpResponse response, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        if (limit is < 1 or > MaxLimit)
            throw RequestException.BadParameter("limit", $"{limit}", $"between 1 and {MaxLimit}");
        var page = await models.ListAsync(tenant.Id, limit ?? MaxLimit, cursor, cancellationToken);
        // The answer is an array, as the user guide has it, so what comes next stands in a header.
        if (page.Next is { } next)
            response.Headers.Link = $"</models?limit={limit ?? MaxLimit}&cursor={next}>; rel=\"next\"";
        return TypedResults.Ok<IReadOnlyList<Model>>([.. page.Models.Select(one => ToWire(one.Model, JsonElement.Parse(one.SchemaJson)))]);
    }

    static async Task<Results<Ok<Model>, ProblemHttpResult>> GetModel(
        string model, Tenant tenant, ModelStore models, CancellationToken cancellationToken) =>
        await models.FindAsync(tenant.Id, model, cancellationToken) is { } found
            && await models.SchemaTextAsync(found, cancellationToken) is { } schema
            ? TypedResults.Ok(ToWire(found, JsonElement.Parse(schema)))
            : Problems.ModelNotFound(model);

    static async Task<Created<Model>> CreateModel(HttpRequest request, Tenant tenant, ModelStore models, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync(request, ModelBodyJson.Default.ModelBody, cancellationToken);
        var name = CheckName(body.Name);
        var json = body.Schema ?? throw MissingSchema();
        var schema = SchemaParser.Parse(json, body.OrderBy, body.ExtraColumns) with
        {
            Rules = default(RowRules).With(body.Quotes, body.ShortRows),
            Dialect = DialectOptions.Of(DialectOptions.Read(body.Dialect), null),
        };
        var created = await models.CreateAsync(tenant.Id, name, json.GetRawText(), schema, cancellationToken);
        return TypedResults.Created($"/models/{created.ModelId}", ToWire(created, json));
    }

    static async Task<Results<Ok<Model>, ProblemHttpResult>> UpdateModel(
        string model, HttpRequest request, Tenant tenant, ModelStore models, CancellationToken cancellationToken)
    {
        var body = await JsonBody.ReadAsync(request, ModelBodyJson.Default.ModelBody, cancellationToken);
        var name = body.Name is null ? null : CheckName(body.Name);
        var json = body.Schema ?? throw MissingSchema();
        if (await models.FindAsync(tenant.Id, model, cancellationToken) is not { } current)
            return Problems.ModelNotFound(model);
        var updated = SchemaParser.ParseUpdate(json, body.OrderBy, body.ExtraColumns, current.Schema);
        var schema = updated with
        {
            Rules = current.Schema.Rules.With(body.Quotes, body.ShortRows),
            Dialect = body.Dialect is null ? current.Schema.Dialect : DialectOptions.Of(DialectOptions.Read(body.Dialect), null),
        };
        return TypedResults.Ok(ToWire(await models.UpdateAsync(current, name, json.GetRawText(), schema, cancellationToken), json));
    }

    static async Task<Results<Ok<DeleteModelResponse>, ProblemHttpResult>> DeleteModel(
        string model, Tenant tenant, ModelStore models, JobReader jobs, JobWriter writer, CancellationToken cancellationToken, bool drop_data = false)
    {
        if (await models.FindAsync(tenant.Id, model, cancellationToken) is not { } found)
            return Problems.ModelNotFound(model);
        // Before, so that workers let go of the table; and after, for jobs that began in between. Not cancelled halfway.
        await FailOpenJobsAsync(found, jobs, writer);
        await models.DeleteAsync(found, drop_data, CancellationToken.None);
        await FailOpenJobsAsync(found, jobs, writer);
        return TypedResults.Ok(new DeleteModelResponse("deleted"));
    }

    static async Task FailOpenJobsAsync(ModelVersion model, JobReader jobs, JobWriter writer)
    {
        foreach (var key in await jobs.OpenJobsAsync(model.TenantId, model.ModelId, CancellationToken.None))
            await writer.FailAsync(key, FailureCodes.ModelDeleted, $"The model '{model.Name}' was deleted.", CancellationToken.None);
    }

    static Model ToWire(ModelVersion model, JsonElement schema) => new()
    {
        ModelId = model.ModelId,
        TenantId = model.TenantId,
        Name = model.Name,
        Version = model.Version,
        Schema = schema,
        Columns = [.. model.Schema.Columns.Select(ModelColumns.ToWire)],
        ExtraColumns = model.Schema.IgnoreExtraColumns ? "ignore" : "reject",
        ShortRows = model.Schema.Rules.ShortRows,
        Quotes = model.Schema.Rules.Quotes,
        Dialect = model.Schema.Dialect.ToWire(),
        Table = model.Table,
        CreatedAt = model.CreatedAt,
        UpdatedAt = model.UpdatedAt,
    };

    static string CheckName(string? name)
    {
        name = name?.Trim();
        if (string.IsNullOrEmpty(name))
            throw new RequestException(400, "NAME_MISSING", "name: a model needs one, for example \"purchases\".");
        if (name.Length > MaxNameLength || name.Any(char.IsControl))
            throw RequestException.BadParameter("name", name, $"a name of 1 to {MaxNameLength} characters, none of them a control character");
        return name;
    }

    static RequestException MissingSchema() => new(400, "SCHEMA_MISSING",
        "schema: a model needs one, for example {\"event_id\": \"String\", \"timestamp\": \"UInt32\", \"amount\": \"Float64\"}.");
}
