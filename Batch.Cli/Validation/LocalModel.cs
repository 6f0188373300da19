using System.Text.Json;
using Batch.Cli.Commands;
using Batch.Csv.Schema;

namespace Batch.Cli.Validation;

/// <summary>Finds the schema to validate files against: from a file, or a model of the service.</summary>
internal static class LocalModel
{
    /// <param name="text">A path, or an id, prefix or name of a model. A file that exists is meant before a model is.</param>
    public static async Task<ModelSchema> FindAsync(Session session, string text, CancellationToken cancellationToken)
    {
        if (File.Exists(text) || text == "-" || text.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            return Parse(await SchemaFile.ReadAsync(session.Terminal, text, cancellationToken), null);
        var model = await session.Api.GetModelAsync(text, cancellationToken);
        return Parse(model.Schema, model.ExtraColumns) with
        {
            Rules = default(RowRules).With(model.Quotes, model.ShortRows),
            Dialect = DialectArguments.FromWire(model.Dialect),
        };
    }

    static ModelSchema Parse(JsonElement schema, string? extraColumns) => SchemaParser.Parse(schema, null, extraColumns);
}
