using System.Buffers;
using System.Text.Json;
using Batch.Core.Caching;
using Batch.Core.ClickHouse;
using Batch.Core.Ids;
using Batch.Csv.Schema;

namespace Batch.Core.Models;

/// <summary>Models and their versions, and the tables of their rows.</summary>
/// <remarks>
/// <para>A version is claimed by inserting its content under the deduplication token <c>model:number</c>. ClickHouse keeps the first of
/// several, so of any number of processes exactly one makes version n + 1; the others see that it is not theirs and fail with a
/// <see cref="ModelConflictException"/>.</para>
/// <para>Then the table is altered, and only then a row says that the version is ready; until it does nobody uses it. A process that dies
/// in between leaves a claimed version that is not ready: whoever updates the model next finishes it first. Altering is
/// idempotent and follows from the versions alone, so two may well do it at once.</para>
/// <para>By aspect: this file makes, finds and deletes models; <c>ModelStore.List.cs</c> pages through them.</para>
/// </remarks>
public sealed partial class ModelStore : IDisposable
{
    /// <summary>Some 60,000 versions of ten columns, or 300 of 2,000.</summary>
    const long MaxKnownBytes = 64 << 20;

    const string Select = """
        SELECT tenant_id, model_id, version, kind, writer, name, canonical_json, created_ms, toUnixTimestamp64Milli(made_at) AS made_ms
        FROM models
        """;

    // Versions never change, so what is known is never wrong.
    readonly ByteBoundedCache<(string Tenant, string Model, int Version), ModelVersion> _known = new(MaxKnownBytes, version => version.SizeInMemory);
    readonly ClickHouseClient _clickHouse;
    // Who asks for the same model at the same time, as many small uploads do, shares a query. The answer is a task because each may fail.
    readonly QueryCoalescer<(string Tenant, string Model), Task<ModelVersion?>> _found;

    public ModelStore(ClickHouseClient clickHouse)
    {
        _clickHouse = clickHouse;
        _found = new(ReadAsync);
    }

    /// <summary>A new model: its table first, so that a model that can be seen has one.</summary>
    public async Task<ModelVersion> CreateAsync(
        string tenantId, string name, string schemaJson, ModelSchema schema, CancellationToken cancellationToken)
    {
        var row = NewRow(tenantId, BatchId.New(), 1, name, schemaJson, schema);
        await _clickHouse.ExecuteAsync(DataTable.Create(ModelVersion.TableOf(row.ModelId), schema), null, cancellationToken);
        await InsertAsync(ClickHouseClient.NewToken(), cancellationToken, row, Ready(row));
        return (await GetVersionAsync(tenantId, row.ModelId, 1, cancellationToken))!;
    }

    /// <summary>By id, by name, or by a unique prefix of an id, in this order; null where there is none.</summary>
    /// <exception cref="AmbiguousIdException">Several models have that name, or ids that begin so.</exception>
    public async Task<ModelVersion?> FindAsync(string tenantId, string idPrefixOrName, CancellationToken cancellationToken) =>
        await await _found.ReadAsync((tenantId, idPrefixOrName), cancellationToken);

    async Task<Func<(string Tenant, string Model), Task<ModelVersion?>>> ReadAsync(IReadOnlyCollection<(string Tenant, string Model)> wanted)
    {
        var found = wanted.ToDictionary(one => one, one => ReadAsync(one.Tenant, one.Model, CancellationToken.None));
        await ((Task)Task.WhenAll(found.Values)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return one => found[one];
    }

    async Task<ModelVersion?> ReadAsync(string tenantId, string idPrefixOrName, CancellationToken cancellationToken)
    {
        var parameters = new ClickHouseParameters().Add("tenant", tenantId).Add("name", idPrefixOrName);
        var isId = BatchId.TryNormalize(idPrefixOrName, out var prefix);
        if (isId && prefix.Length == BatchId.Length && await NewestAsync(tenantId, prefix, cancellationToken) is { } newest)
            return newest;
        var filter = "name = {name:String}";
        if (isId)
        {
            parameters.Add("prefix", prefix);
            filter = "(name = {name:String} OR startsWith(model_id, {prefix:String}))";
        }
        var rows = await _clickHouse.QueryAsync(Newest("", filter), parameters, ModelJson.Default.ModelRow, cancellationToken);
        var named = rows.FindAll(row => row.Name == idPrefixOrName);
        var matches = rows.FindAll(row => isId && row.ModelId == prefix) is { Count: > 0 } exact ? exact : named.Count > 0 ? named : rows;
        return matches switch
        {
            [] => null,
            [var match] => await GetVersionAsync(tenantId, match.ModelId, match.Version, cancellationToken),
            _ => throw new AmbiguousIdException(idPrefixOrName, matches.Count),
        };
    }

    /// <summary>The schema of a version as it was submitted; null where the version does not exist.</summary>
    public async Task<string?> SchemaTextAsync(ModelVersion model, CancellationToken cancellationToken) => (await _clickHouse.QueryAsync(
        "SELECT tenant_id, model_id, schema_json FROM models" + OfVersion, OfVersionParameters(model.TenantId, model.ModelId, model.Version),
        ModelJson.Default.ModelRow, cancellationToken)).FirstOrDefault()?.SchemaJson;

    /// <summary>Makes the next version out of <paramref name="current"/>, and the table fit for it.</summary>
    /// <param name="name">Null keeps the name.</param>
    /// <exception cref="SchemaException">INCOMPATIBLE_SCHEMA.</exception>
    /// <exception cref="ModelConflictException"><paramref name="current"/> is not the newest version any more.</exception>
    public async Task<ModelVersion> UpdateAsync(
        ModelVersion current, string? name, string schemaJson, ModelSchema schema, CancellationToken cancellationToken)
    {
        var rows = await AllAsync(current.TenantId, current.ModelId, cancellationToken);
        if (rows.Exists(row => row.Kind == ModelRow.Deleted) || ReadyVersion(rows) != current.Version)
            throw new ModelConflictException(current.ModelId, current.Version);

        var row = NewRow(current.TenantId, current.ModelId, current.Version + 1, name ?? current.Name, schemaJson, schema);
        var mine = row with { CreatedMs = current.CreatedAt.ToUnixTimeMilliseconds() };
        // Refuses what cannot be before anything is written.
        Change(rows, current.Version, schema);
        // The first to insert the version's number has it.
        rows = await _clickHouse.InsertOnceAsync(
            ClickHouseTables.Models, $"{mine.ModelId}:{mine.Version}", () => AllAsync(current.TenantId, current.ModelId, cancellationToken),
            all => Content(all).Any(row => row.Version == mine.Version), token => InsertAsync(token, cancellationToken, mine), cancellationToken);
        var claimed = Content(rows).First(row => row.Version == mine.Version);
        await FinishAsync(rows, claimed, cancellationToken);
        return claimed.Writer == mine.Writer ? claimed.ToVersion() : throw new ModelConflictException(current.ModelId, current.Version);
    }

    /// <summary>Deletes a model; its versions stay readable for the jobs that started with them. <paramref name="dropData"/> also drops its table.</summary>
    public async Task DeleteAsync(ModelVersion model, bool dropData, CancellationToken cancellationToken)
    {
        await InsertAsync(ClickHouseClient.NewToken(), cancellationToken,
            new ModelRow { TenantId = model.TenantId, ModelId = model.ModelId, Kind = ModelRow.Deleted });
        if (dropData)
            await _clickHouse.ExecuteAsync($"DROP TABLE IF EXISTS {ClickHouseIdentifier.Quote(model.Table)}", null, cancellationToken);
    }

    /// <summary>One version, also of a deleted model; kept in memory once read. Null where there is none.</summary>
    public async ValueTask<ModelVersion?> GetVersionAsync(string tenantId, string modelId, int version, CancellationToken cancellationToken)
    {
        if (_known.Find((tenantId, modelId, version)) is { } known)
            return known;
        var rows = await _clickHouse.QueryAsync(
            Select + OfVersion, OfVersionParameters(tenantId, modelId, version), ModelJson.Default.ModelRow, cancellationToken);
        if (rows.Count == 0)
            return null;
        var read = rows[0].ToVersion();
        _known.Keep((tenantId, modelId, version), read);
        return read;
    }

    // The first to claim a version's number has it.
    const string OfVersion = " WHERE tenant_id = {tenant:String} AND model_id = {model:String} AND version = {version:UInt32} AND kind = 'version'"
        + " ORDER BY made_at, writer LIMIT 1";

    static ClickHouseParameters OfVersionParameters(string tenantId, string modelId, int version) =>
        new ClickHouseParameters().Add("tenant", tenantId).Add("model", modelId).Add("version", version);

    /// <summary>The newest version of a model by its whole id, as every upload asks for it: what it holds is known from the last time.</summary>
    async Task<ModelVersion?> NewestAsync(string tenantId, string modelId, CancellationToken cancellationToken)
    {
        var rows = await _clickHouse.QueryAsync(
            $$"""
            SELECT tenant_id, model_id, version, kind FROM models
            WHERE tenant_id = {tenant:String} AND model_id = {model:String} AND kind != '{{ModelRow.Content}}'
            {{ClickHouseClient.SmallQuery}}
            """,
            new ClickHouseParameters().Add("tenant", tenantId).Add("model", modelId), ModelJson.Default.ModelRow, cancellationToken);
        var version = ReadyVersion(rows);
        return version == 0 || rows.Exists(row => row.Kind == ModelRow.Deleted)
            ? null
            : await GetVersionAsync(tenantId, modelId, version, cancellationToken);
    }

    /// <summary>A query of the newest version of each of a tenant's models, by name; deleted ones are left out.</summary>
    static string Newest(string columns, string where) => $$"""
        SELECT * FROM
        (
            SELECT tenant_id, model_id, version, name{{columns}} FROM models
            WHERE tenant_id = {tenant:String} AND kind = 'version' AND (model_id, version) IN
            (
                SELECT model_id, maxIf(version, kind = 'ready') FROM models WHERE tenant_id = {tenant:String}
                GROUP BY model_id HAVING countIf(kind = 'deleted') = 0
            )
            ORDER BY model_id, made_at, writer LIMIT 1 BY model_id
        )
        WHERE {{where}} ORDER BY name, model_id
        """;

    Task<List<ModelRow>> AllAsync(string tenantId, string modelId, CancellationToken cancellationToken) => _clickHouse.QueryAsync(
        Select + " WHERE tenant_id = {tenant:String} AND model_id = {model:String} ORDER BY version, made_at, writer",
        new ClickHouseParameters().Add("tenant", tenantId).Add("model", modelId), ModelJson.Default.ModelRow, cancellationToken);

    async Task FinishAsync(List<ModelRow> rows, ModelRow claimed, CancellationToken cancellationToken)
    {
        var (change, table) = Change(rows, claimed.Version - 1, ModelSchemaJson.Deserialize(claimed.CanonicalJson));
        if (DataTable.Alter(ModelVersion.TableOf(claimed.ModelId), change, table[^1]) is { } alter)
            await _clickHouse.ExecuteAsync(alter, null, cancellationToken);
        await InsertAsync(ClickHouseClient.NewToken(), cancellationToken, Ready(claimed));
    }

    static (SchemaChange Change, IReadOnlyList<Column> Table) Change(List<ModelRow> rows, int version, ModelSchema next)
    {
        var versions = Content(rows).Where(row => row.Version <= version).Select(row => ModelSchemaJson.Deserialize(row.CanonicalJson)).ToList();
        var table = SchemaEvolution.TableColumns(versions);
        return (SchemaEvolution.Compare(versions[^1], next, table), table);
    }

    static IEnumerable<ModelRow> Content(List<ModelRow> rows) => rows.Where(row => row.Kind == ModelRow.Content).DistinctBy(row => row.Version);

    static ModelRow Ready(ModelRow row) =>
        new() { TenantId = row.TenantId, ModelId = row.ModelId, Version = row.Version, Kind = ModelRow.Ready, Writer = row.Writer };

    static int ReadyVersion(List<ModelRow> rows) => rows.Where(row => row.Kind == ModelRow.Ready).Select(row => row.Version).DefaultIfEmpty(0).Max();

    static ModelRow NewRow(string tenantId, string modelId, int version, string name, string schemaJson, ModelSchema schema) => new()
    {
        TenantId = tenantId,
        ModelId = modelId,
        Version = version,
        Kind = ModelRow.Content,
        Writer = BatchId.New(),
        Name = name,
        SchemaJson = schemaJson,
        CanonicalJson = ModelSchemaJson.Serialize(schema),
    };

    public void Dispose() => _known.Dispose();

    Task InsertAsync(string token, CancellationToken cancellationToken, params ReadOnlySpan<ModelRow> rows)
    {
        var lines = new ArrayBufferWriter<byte>();
        foreach (var row in rows)
        {
            lines.Write(JsonSerializer.SerializeToUtf8Bytes(row, ModelJson.Default.ModelRow));
            lines.Write("\n"u8);
        }
        return _clickHouse.InsertJsonAsync(
            ClickHouseTables.Models, ModelRow.Columns, lines.WrittenMemory, rows.Length, token, cancellationToken);
    }
}
