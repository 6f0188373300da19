using System.Globalization;
using Batch.Core.ClickHouse;
using Batch.Core.Ids;

namespace Batch.Core.Models;

public sealed partial class ModelStore
{
    /// <summary>What the schemas of a page may take together: a page costs a few times as much memory, however many models there are.</summary>
    internal const long MaxPageBytes = 1 << 20;

    /// <summary>The newest versions of the tenant's models, by name; deleted ones are left out.</summary>
    /// <remarks>A page has one model at least, however long its schema is, and ends before <see cref="MaxPageBytes"/>.</remarks>
    /// <exception cref="InvalidCursorException"></exception>
    public async Task<ModelPage> ListAsync(string tenantId, int limit, string? cursor, CancellationToken cancellationToken)
    {
        var parameters = new ClickHouseParameters().Add("tenant", tenantId).Add("limit", limit + 1);
        var where = "1";
        if (ModelCursor.Parse(cursor) is { } after)
        {
            parameters.Add("name", after.Name).Add("after", after.ModelId);
            where = "(name, model_id) > ({name:String}, {after:String})";
        }
        // First which they are and how long, then their schemas: ClickHouse would sort the schemas of all models.
        var found = await _clickHouse.QueryAsync(
            Newest(", length(schema_json) + length(canonical_json) AS bytes", where) + " LIMIT {limit:UInt32}",
            parameters, ModelJson.Default.ModelRow, cancellationToken);
        long bytes = 0;
        var taken = found.Take(limit).TakeWhile((row, index) => (bytes += row.Bytes) <= MaxPageBytes || index == 0).ToList();
        var models = await ReadAsync(tenantId, taken, cancellationToken);
        return new(models, taken.Count < found.Count ? new ModelCursor(taken[^1].Name, taken[^1].ModelId).ToString() : null);
    }

    async Task<List<SubmittedModel>> ReadAsync(string tenantId, List<ModelRow> wanted, CancellationToken cancellationToken)
    {
        var models = new List<SubmittedModel>();
        // Keys are sent in the URL.
        foreach (var some in wanted.Chunk(QueryCoalescer<string, string>.MaxKeys))
        {
            var rows = await _clickHouse.QueryAsync(
                """
                SELECT tenant_id, model_id, version, name, schema_json, canonical_json, created_ms, toUnixTimestamp64Milli(made_at) AS made_ms FROM models
                WHERE tenant_id = {tenant:String} AND kind = 'version' AND model_id IN {models:Array(String)}
                    AND (model_id, toString(version)) IN {wanted:Array(Tuple(String, String))}
                ORDER BY made_at, writer LIMIT 1 BY model_id, version
                """,
                new ClickHouseParameters().Add("tenant", tenantId).Add("models", some.Select(row => row.ModelId))
                    .Add("wanted", some.Select(row => (row.ModelId, row.Version.ToString(CultureInfo.InvariantCulture)))),
                ModelJson.Default.ModelRow, cancellationToken);
            var read = rows.ToDictionary(row => (row.ModelId, row.Version));
            models.AddRange(some.Select(row => read[(row.ModelId, row.Version)]).Select(row => new SubmittedModel(row.ToVersion(), row.SchemaJson)));
        }
        return models;
    }
}
