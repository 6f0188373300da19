using System.Text.Json.Nodes;
using Batch.Api.Tenants;
using Batch.Client;
using Microsoft.OpenApi;

namespace Batch.Api.OpenApi;

/// <summary>What <c>/openapi/v1.json</c> says beyond what the routes themselves say: the tenant header, keys, bodies that are streamed, examples.</summary>
internal static class ApiDocument
{
    public static void AddApiDocument(this WebApplicationBuilder builder) => builder.Services.AddOpenApi("v1", options =>
    {
        options.AddDocumentTransformer((document, context, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Batch",
                Version = "v1",
                Description =
                    "Accepts CSV files, checks every row against a model, loads the good rows into ClickHouse and keeps every bad row with its reasons.",
            };
            document.Servers = [];
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(async (operation, context, cancellationToken) =>
        {
            var services = context.ApplicationServices;
            AddTenant(operation, services.GetRequiredService<TenantHeader>().Name);
            switch (operation.OperationId)
            {
                // Said here and not by the routes: routing would refuse other types before the handler can say why.
                case "CreateModel" or "UpdateModel":
                    operation.RequestBody = Json(await context.GetOrCreateSchemaAsync(typeof(CreateModelRequest), cancellationToken: cancellationToken));
                    break;
                case "CreateJob":
                    DescribeUpload(operation, required: true);
                    break;
                case "ReprocessJob":
                    DescribeUpload(operation, required: false);
                    break;
                case "InferSchema":
                    DescribeCsv(operation, required: true);
                    break;
            }
            if (ApiExamples.RequestOf(operation.OperationId) is { } request && operation.RequestBody?.Content is { } body)
                foreach (var type in body.Values)
                    type.Example ??= JsonNode.Parse(request);
            foreach (var (status, answer) in ApiExamples.AnswersOf(operation.OperationId))
                if (operation.Responses is { } answers && answers.TryGetValue(status, out var described)
                    && described.Content is { } content && content.TryGetValue("application/json", out var type))
                    type.Example = JsonNode.Parse(answer);
        });
    });

    static void AddTenant(OpenApiOperation operation, string header) => Add(operation, header, ParameterLocation.Header,
        $"The tenant; {Tenant.Default} when missing. With API keys configured the key determines it.");

    static OpenApiRequestBody Json(IOpenApiSchema schema) => new()
    {
        Required = true,
        Content = new Dictionary<string, OpenApiMediaType> { ["application/json"] = new() { Schema = schema } },
    };

    static void DescribeUpload(OpenApiOperation operation, bool required)
    {
        if (required)
            Add(operation, "model_id", ParameterLocation.Query, "Id, unique prefix or name of the model. In a form it may also be a field before the file.");
        Add(operation, "file_name", ParameterLocation.Query, "File name for a raw body.");
        Add(operation, "label", ParameterLocation.Query,
            "Under a label a file is loaded once, however often it is sent; a load that broke off is resumed. The header Idempotency-Key is equivalent.");
        Add(operation, "delimiter", ParameterLocation.Query, "What separates fields: , (the default) ; | or tab.");
        Add(operation, "extra_columns", ParameterLocation.Query, "ignore: columns that are not in the model are skipped instead of refused.");
        Add(operation, "short_rows", ParameterLocation.Query,
            "pad: rows with fewer fields than the header line are padded with blanks; reject: they are rejected. Default: the model's setting.");
        Add(operation, "quotes", ParameterLocation.Query,
            "literal: a quote inside an unquoted field is text; strict: it is an error. Default: the model's setting.");
        Add(operation, "max_errors", ParameterLocation.Query, "The job fails once more rows than this are rejected.");
        DescribeCsv(operation, required);
    }

    static void DescribeCsv(OpenApiOperation operation, bool required)
    {
        var binary = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" };
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = required,
            Description = "CSV in UTF-8 with a header line; optionally gzip (Content-Encoding: gzip, or a .gz file).",
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["multipart/form-data"] = new OpenApiMediaType
                {
                    Schema = new OpenApiSchema
                    {
                        Type = JsonSchemaType.Object,
                        Properties = new Dictionary<string, IOpenApiSchema>
                        {
                            ["model_id"] = new OpenApiSchema { Type = JsonSchemaType.String },
                            ["file"] = binary,
                        },
                        Required = new HashSet<string> { "file" },
                    },
                },
                ["text/csv"] = new OpenApiMediaType { Schema = binary },
                ["application/gzip"] = new OpenApiMediaType { Schema = binary },
            },
        };
    }

    static void Add(OpenApiOperation operation, string name, ParameterLocation place, string description) =>
        (operation.Parameters ??= []).Add(new OpenApiParameter
        {
            Name = name,
            In = place,
            Required = false,
            Description = description,
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        });
}
