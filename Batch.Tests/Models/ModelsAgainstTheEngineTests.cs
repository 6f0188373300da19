using System.Globalization;
using System.Text;
using System.Text.Json;
using Batch.Core.ClickHouse;
using Batch.Core.Models;
using Batch.Csv;
using Batch.Csv.Cutting;
using Batch.Csv.Schema;
using Batch.Csv.Validation;
using Batch.Csv.Validation.Native;
using Batch.Primitives;
using Batch.Tests.ClickHouse;
using Batch.Tests.EmbeddedClickHouse;
using Batch.Tests.Validation;

namespace Batch.Tests.Models;

/// <summary>Whatever a model's names and types are: what validation calls good ClickHouse takes, keeps, and gives back as a file that loads again.</summary>
[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class ModelsAgainstTheEngineTests(ClickHouseProcess process) : IAsyncLifetime
{
    const int Rows = 40;

    ClickHouseScope _scope = null!;

    public async Task InitializeAsync() => _scope = await ClickHouseScope.CreateAsync(process);
    public async Task DisposeAsync() => await _scope.DisposeAsync();

    [Fact]
    public async Task Rows_of_random_models_are_taken_kept_and_come_back_from_ClickHouses_own_export()
    {
        var types = new HashSet<string>();
        var refused = new List<string>();
        for (var seed = 0; seed < 150; seed++)
        {
            var random = new RandomModel(seed);
            ModelSchema schema;
            try
            {
                schema = SchemaParser.Parse(JsonElement.Parse(random.Schema.ToJsonString()), null, null);
            }
            catch (SchemaException fault)
            {
                refused.Add(fault.Message);
                continue;
            }
            try
            {
                await AssertComesBackAsync(schema, random.Csv(schema, Rows), random.DateTimeOutput);
            }
            catch (ClickHouseException fault)
            {
                Assert.Fail($"Seed {seed}, {random.Schema}: {fault.Message}");
            }
            types.UnionWith(schema.Columns.Select(column => column.ClickHouseType));
        }
        Assert.Superset(
            new HashSet<string>
            {
                "String", "Nullable(String)", "LowCardinality(String)", "LowCardinality(Nullable(String))", "Bool", "Nullable(Bool)", "DateTime",
                "Nullable(DateTime)", "Int8", "Nullable(Int16)", "Int32",
                "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Nullable(UInt64)", "Float32", "Float64", "Nullable(Float32)", "Nullable(Float64)",
                "Array(Float32)", "Array(Float64)",
            }, types);
        // Few models are refused, and each for the one reason that there is.
        Assert.All(refused, message => Assert.Contains("ClickHouse takes lists", message, StringComparison.Ordinal));
        Assert.InRange(refused.Count, 1, 40);
    }

    [Fact]
    public async Task Two_thousand_columns_of_the_longest_names_come_back()
    {
        var names = Enumerable.Range(0, 2_000).Select(i => $"{i:0000}{new string('x', 251)}");
        var schema = SchemaParser.Parse(JsonSerializer.SerializeToElement(names.ToDictionary(name => name, _ => "Int8")), null, null);
        await AssertComesBackAsync(schema, string.Concat(Enumerable.Repeat("1,", 1_999)) + "2\n", "simple", rows: 1);
    }

    [Fact]
    public async Task Texts_of_almost_a_mebibyte_come_back() =>
        await AssertComesBackAsync(
            SchemaParser.Parse(JsonElement.Parse("""{"a":"String","b":"LowCardinality(String)"}"""), null, null),
            $"{new string('é', 520_000)},x\ny,{new string('z', 1_000_000)}\n", "simple", rows: 2);

    async Task AssertComesBackAsync(ModelSchema schema, string csv, string dateTimeOutput, int rows = Rows)
    {
        var model = await CreateAsync(schema);
        using var validator = new ChunkValidator();
        var chunk = validator.Validate(Chunk.Header(rows, [.. Enumerable.Range(0, schema.Columns.Count)]), schema, Encoding.UTF8.GetBytes(csv), default);
        Assert.True(chunk.Errors == 0, string.Join("; ", chunk.ErrorCounts));
        await InsertAsync(model, chunk.Data!);
        var expected = NativeReader.Read(chunk.Data!).Take(schema.Columns.Count).ToList();
        var kept = NativeReader.Read(await SelectAsync(model, "Native"));
        Assert.Equal(expected.Select(column => (column.Name, NativeReader.Unzoned(column.Type))), kept.Select(column => (column.Name, column.Type)));
        Assert.All(expected.Zip(kept), pair => Assert.Equal(pair.First.Values, pair.Second.Values));

        var export = await SelectAsync(model, $"CSVWithNames SETTINGS date_time_output_format = '{dateTimeOutput}'");
        var copy = await CreateAsync(schema);
        await LoadAsync(copy, export);
        Assert.Equal(await SelectAsync(model, "RowBinary"), await SelectAsync(copy, "RowBinary"));
    }

    Task<ModelVersion> CreateAsync(ModelSchema schema) => _scope.Models.CreateAsync(ClickHouseScope.Tenant, "random", "{}", schema, ClickHouseScope.Soon);

    /// <summary>As an upload is: header line, chunk, validation, insert; every row has to be good.</summary>
    async Task LoadAsync(ModelVersion model, byte[] file)
    {
        using var stream = new MemoryStream(file);
        await using var upload = await CsvUpload.OpenAsync(stream, CsvDialect.Default, new ChunkerOptions(), new ByteBudget(64 << 20), ClickHouseScope.Soon);
        var header = ColumnMapping.Map(upload.Header.Names, model.Schema, ignoreExtraColumns: false);
        Assert.True(header.Fits, string.Join("; ", header.Faults.Select(fault => fault.Message)));
        using var validator = new ChunkValidator();
        await foreach (var chunk in upload.ReadChunksAsync(ClickHouseScope.Soon))
        {
            using (chunk)
            {
                var validated = validator.Validate(Chunk.Header(chunk.Rows, header.Mapping), model.Schema, chunk.Bytes, default);
                Assert.True(validated.Errors == 0, $"{string.Join("; ", validated.ErrorCounts)} in {Encoding.UTF8.GetString(file)}");
                await InsertAsync(model, validated.Data!);
            }
        }
    }

    Task InsertAsync(ModelVersion model, NativeBlock block) =>
        _scope.Client.InsertAsync(model.Table, block.Columns, block.Bytes, ClickHouseClient.NewToken(), ClickHouseScope.Soon);

    async Task<byte[]> SelectAsync(ModelVersion model, string format)
    {
        var names = string.Join(", ", model.Schema.Columns.Select(column => ClickHouseIdentifier.Quote(column.Name)));
        await using var body = await _scope.Client.OpenAsync(
            string.Create(CultureInfo.InvariantCulture, $"SELECT {names} FROM {model.Table} ORDER BY _row FORMAT {format}"), null, ClickHouseScope.Soon);
        using var bytes = new MemoryStream();
        await body.CopyToAsync(bytes);
        return bytes.ToArray();
    }
}
