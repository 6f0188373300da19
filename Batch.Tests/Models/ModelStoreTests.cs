using System.Text.Json;
using Batch.Core.Ids;
using Batch.Core.Models;
using Batch.Csv.Schema;
using Batch.Tests.ClickHouse;
using Batch.Tests.EmbeddedClickHouse;

namespace Batch.Tests.Models;

[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class ModelStoreTests(ClickHouseProcess process) : IAsyncLifetime
{
    const string Tenant = ClickHouseScope.Tenant;
    const string Purchases = """{"event_id":"String","timestamp":"UInt32","amount":"Float64"}""";

    ClickHouseScope _scope = null!;
    ModelStore Models => _scope.Models;

    public async Task InitializeAsync() => _scope = await ClickHouseScope.CreateAsync(process);
    public async Task DisposeAsync() => await _scope.DisposeAsync();

    static ModelSchema Parse(string json) => SchemaParser.Parse(JsonDocument.Parse(json).RootElement, null, null);

    Task<ModelVersion> CreateAsync(string name = "purchases", string json = Purchases, string tenant = Tenant) =>
        Models.CreateAsync(tenant, name, json, Parse(json), ClickHouseScope.Soon);

    Task<ModelVersion> UpdateAsync(ModelVersion current, string json, string? name = null) =>
        Models.UpdateAsync(current, name, json, Parse(json), ClickHouseScope.Soon);

    Task<string> ColumnsAsync(ModelVersion model) => _scope.ScalarAsync(
        $"SELECT arrayStringConcat(groupArray(name || ' ' || type), ', ') FROM (SELECT name, type FROM system.columns WHERE database = '{_scope.Options.Database}' AND table = '{model.Table}' ORDER BY position)");

    [Fact]
    public async Task Model_comes_back_as_it_was_made_and_has_its_table()
    {
        var made = await CreateAsync();
        Assert.Equal(1, made.Version);
        Assert.Equal(Purchases, await Models.SchemaTextAsync(made, ClickHouseScope.Soon));
        Assert.Equal(made.CreatedAt, made.UpdatedAt);
        Assert.InRange(made.CreatedAt, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(5));
        var found = await Models.FindAsync(Tenant, made.ModelId, ClickHouseScope.Soon);
        Assert.Equal(ModelSchemaJson.Serialize(made.Schema), ModelSchemaJson.Serialize(found!.Schema));
        Assert.Equal(made with { Schema = found.Schema }, found);
        Assert.Equal(
            "event_id String, timestamp UInt32, amount Float64, _job_id LowCardinality(String), _row UInt64, _ingested_at DateTime",
            await ColumnsAsync(made));
        Assert.Equal("timestamp, event_id", await _scope.ScalarAsync(
            $"SELECT sorting_key FROM system.tables WHERE database = '{_scope.Options.Database}' AND name = '{made.Table}'"));
    }

    [Fact]
    public async Task Table_takes_rows_with_columns_of_any_name()
    {
        var model = await CreateAsync(json: """{"a`b\\":"String","select":"Nullable(Int32)","größe 'x' \"y\"":"LowCardinality(String)"}""");
        await _scope.Client.InsertAsync(
            model.Table, ["a`b\\", "_job_id", "_row"],
            NativeBlocks.Of(("a`b\\", new[] { "x", "y" }), ("_job_id", new[] { "j", "j" }), ("_row", new ulong[] { 1, 2 })), "j:0", ClickHouseScope.Soon);
        Assert.Equal("2\t3", await _scope.ScalarAsync($"SELECT count(), sum(_row) FROM {model.Table} WHERE _job_id = 'j'"));
    }

    [Fact]
    public async Task Model_is_found_by_id_dashed_id_prefix_and_name()
    {
        var model = await CreateAsync();
        foreach (var text in new[] { model.ModelId, Guid.Parse(model.ModelId).ToString("D").ToUpperInvariant(), model.ModelId[..8], "purchases" })
            Assert.Equal(model.ModelId, (await Models.FindAsync(Tenant, text, ClickHouseScope.Soon))?.ModelId);
        foreach (var text in new[] { "no such", model.ModelId[..3], BatchId.New(), "" })
            Assert.Null(await Models.FindAsync(Tenant, text, ClickHouseScope.Soon));
        Assert.Null(await Models.FindAsync("tenant_b", model.ModelId, ClickHouseScope.Soon));
    }

    [Fact]
    public async Task Name_of_two_models_is_ambiguous_and_name_beats_prefix()
    {
        await CreateAsync("twice");
        await CreateAsync("twice");
        var fault = await Assert.ThrowsAsync<AmbiguousIdException>(() => Models.FindAsync(Tenant, "twice", ClickHouseScope.Soon));
        Assert.Equal(2, fault.Matches);

        var first = await CreateAsync("first");
        var second = await CreateAsync(first.ModelId[..6]);
        Assert.Equal(second.ModelId, (await Models.FindAsync(Tenant, first.ModelId[..6], ClickHouseScope.Soon))!.ModelId);
    }

    [Fact]
    public async Task List_has_the_newest_version_of_each_model_of_the_tenant()
    {
        var b = await CreateAsync("b");
        await CreateAsync("a");
        await CreateAsync("c", tenant: "tenant_b");
        await UpdateAsync(b, """{"event_id":"String","timestamp":"UInt32","amount":"Float64","more":"String"}""", "bb");
        var models = (await Models.ListAsync(Tenant, 1_000, null, ClickHouseScope.Soon)).Models.Select(one => one.Model).ToList();
        Assert.Equal([("a", 1), ("bb", 2)], models.Select(m => (m.Name, m.Version)));
        Assert.Equal(b.CreatedAt, models[1].CreatedAt);
        Assert.True(models[1].UpdatedAt >= b.UpdatedAt);
    }

    [Fact]
    public async Task Pages_end_at_their_limit_or_when_their_schemas_reach_a_mebibyte_and_together_have_every_model_once()
    {
        static string Long(int length) => """{"a":{"type":"STRING","description":""" + $"\"{new string('x', length)}\"}}}}";
        for (var n = 0; n < 7; n++)
            await CreateAsync($"model {n % 4}", n < 3 ? Purchases : Long(400_000));
        await CreateAsync("a, longer than a page", Long(1_500_000));

        async Task<List<int>> PageSizesAsync(int limit)
        {
            var (sizes, seen, cursor) = (new List<int>(), new List<ModelVersion>(), (string?)null);
            do
            {
                var page = await Models.ListAsync(Tenant, limit, cursor, ClickHouseScope.Soon);
                Assert.True(page.Models.Count == 1 || page.Models.Sum(one => one.SchemaJson.Length) <= ModelStore.MaxPageBytes);
                sizes.Add(page.Models.Count);
                seen.AddRange(page.Models.Select(one => one.Model));
                cursor = page.Next;
            }
            while (cursor is not null);
            Assert.Equal(8, seen.Select(model => model.ModelId).Distinct().Count());
            Assert.Equal(seen.Select(model => model.Name).Order(StringComparer.Ordinal), seen.Select(model => model.Name));
            return sizes;
        }

        Assert.All(await PageSizesAsync(1_000), size => Assert.InRange(size, 1, 5));
        Assert.Equal(Enumerable.Repeat(1, 8), await PageSizesAsync(1));
        Assert.All(await PageSizesAsync(2), size => Assert.InRange(size, 1, 2));
        await Assert.ThrowsAsync<InvalidCursorException>(() => Models.ListAsync(Tenant, 2, "nonsense", ClickHouseScope.Soon));
    }

    [Fact]
    public async Task Update_adds_and_widens_columns_keeps_dropped_ones_and_old_versions_stay()
    {
        var first = await CreateAsync(json: """{"event_id":"String","a":"Int32","b":"String"}""");
        await _scope.ExecuteAsync($"INSERT INTO {first.Table} (event_id, a, b, _job_id, _row) SELECT 'e', 7, 'x', 'j', 1");
        var second = await UpdateAsync(first, """{"event_id":"String","a":"Int64","c":"Nullable(Float64)","d":"String"}""");
        Assert.Equal(2, second.Version);
        Assert.Equal(first.Name, second.Name);
        Assert.Equal(
            "event_id String, a Int64, b String, c Nullable(Float64), d String, _job_id LowCardinality(String), _row UInt64, _ingested_at DateTime",
            await ColumnsAsync(second));
        Assert.Equal("7\tx\t\\N\t", await _scope.ScalarAsync($"SELECT a, b, c, d FROM {second.Table}"));
        var old = await new ModelStore(_scope.Client).GetVersionAsync(Tenant, first.ModelId, 1, ClickHouseScope.Soon);
        Assert.Equal("""{"event_id":"String","a":"Int32","b":"String"}""", await Models.SchemaTextAsync(old!, ClickHouseScope.Soon));
        Assert.Null(await Models.GetVersionAsync(Tenant, first.ModelId, 3, ClickHouseScope.Soon));
        Assert.Null(await Models.GetVersionAsync("tenant_b", first.ModelId, 1, ClickHouseScope.Soon));
    }

    [Fact]
    public async Task Change_that_would_lose_rows_is_refused_and_nothing_is_written()
    {
        var model = await CreateAsync();
        var fault = await Assert.ThrowsAsync<SchemaException>(() => UpdateAsync(model, """{"event_id":"String","timestamp":"UInt32","amount":"Int8"}"""));
        Assert.Equal("INCOMPATIBLE_SCHEMA", fault.Code);
        Assert.Equal("1", await _scope.ScalarAsync("SELECT max(version) FROM models"));
    }

    [Fact]
    public async Task Of_updates_at_once_one_wins_and_the_others_are_told()
    {
        var model = await CreateAsync();
        var stores = Enumerable.Range(0, 6).Select(_ => new ModelStore(_scope.Client)).ToList();
        var outcomes = await Task.WhenAll(stores.Select(async (store, n) =>
        {
            var json = $$"""{"event_id":"String","timestamp":"UInt32","amount":"Float64","x":"{{(n % 2 == 0 ? "String" : "Int32")}}"}""";
            try
            {
                return await store.UpdateAsync(model, $"by {n}", json, Parse(json), ClickHouseScope.Soon);
            }
            catch (ModelConflictException)
            {
                return null;
            }
        }));
        var winner = Assert.Single(outcomes, outcome => outcome is not null)!;
        var found = (await Models.FindAsync(Tenant, model.ModelId, ClickHouseScope.Soon))!;
        Assert.Equal((2, winner.Name), (found.Version, found.Name));
        var type = found.Schema.Columns.Single(column => column.Name == "x").ClickHouseType;
        Assert.Contains($"x {type},", await ColumnsAsync(found), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Update_from_an_old_version_is_a_conflict()
    {
        var first = await CreateAsync();
        await UpdateAsync(first, Purchases, "renamed");
        await Assert.ThrowsAsync<ModelConflictException>(() => UpdateAsync(first, Purchases, "late"));
    }

    [Fact]
    public async Task Update_whose_process_died_half_way_is_finished_by_the_next_one()
    {
        var model = await CreateAsync();
        // What is there after the claim, when the process dies before the table has been altered.
        var json = """{"event_id":"String","timestamp":"UInt32","amount":"Float64","x":"String"}""";
        var claim = new ModelRow
        {
            TenantId = Tenant, ModelId = model.ModelId, Version = 2, Kind = ModelRow.Content, Writer = "dead", Name = "purchases",
            SchemaJson = json, CanonicalJson = ModelSchemaJson.Serialize(Parse(json)),
        };
        await _scope.Client.InsertJsonAsync(
            "models", ModelRow.Columns, JsonSerializer.SerializeToUtf8Bytes(claim, ModelJson.Default.ModelRow), 1, $"{model.ModelId}:2", ClickHouseScope.Soon);
        Assert.Equal(1, (await Models.FindAsync(Tenant, model.ModelId, ClickHouseScope.Soon))!.Version);

        await Assert.ThrowsAsync<ModelConflictException>(() =>
            UpdateAsync(model, """{"event_id":"String","timestamp":"UInt32","amount":"Float64","y":"String"}"""));
        var finished = (await Models.FindAsync(Tenant, model.ModelId, ClickHouseScope.Soon))!;
        Assert.Equal((2, json), (finished.Version, await Models.SchemaTextAsync(finished, ClickHouseScope.Soon)));
        Assert.Contains("x String,", await ColumnsAsync(finished), StringComparison.Ordinal);
        Assert.Equal(3, (await UpdateAsync(finished, """{"event_id":"String","timestamp":"UInt32","amount":"Float64","y":"String"}""")).Version);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Deleted_model_is_gone_but_its_versions_can_be_read(bool dropData)
    {
        var model = await CreateAsync();
        await Models.DeleteAsync(model, dropData, ClickHouseScope.Soon);
        await Models.DeleteAsync(model, dropData, ClickHouseScope.Soon);
        Assert.Null(await Models.FindAsync(Tenant, model.ModelId, ClickHouseScope.Soon));
        Assert.Empty((await Models.ListAsync(Tenant, 1_000, null, ClickHouseScope.Soon)).Models);
        Assert.NotNull(await new ModelStore(_scope.Client).GetVersionAsync(Tenant, model.ModelId, 1, ClickHouseScope.Soon));
        Assert.Equal(dropData ? "0" : "1", await _scope.ScalarAsync($"EXISTS TABLE {model.Table}"));
        await Assert.ThrowsAsync<ModelConflictException>(() => UpdateAsync(model, Purchases));
    }
}
