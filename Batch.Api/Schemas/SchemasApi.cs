namespace Batch.Api.Schemas;
internal static class SchemasApi
{
    public static void MapSchemas(this IEndpointRouteBuilder routes) { }
}
