using System.Globalization;
using System.Text;
using Batch.Core.Chunks;
using Batch.Core.Csv;
using Batch.Core.Schema;
using Batch.Core.Validation;
using Xunit;
using static Batch.Tests.Schema.Inferences;

namespace Batch.Tests.Schema;

/// <summary>The promise of inference, held against the validator that loads the file.</summary>
public sealed class InferredSchemaAcceptsItsFileTests
{
    [Fact]
    public async Task A_model_of_the_inferred_schema_accepts_every_row_that_any_schema_could_accept()
    {
        var types = new HashSet<string>();
        var rejected = 0L;
        for (var seed = 0; seed < 1_500; seed++)
        {
            var (csv, delimiter) = new RandomCsv(seed).Write();
            var options = new InferenceOptions { Delimiter = delimiter, MaxRowBytes = 4_096, MinCategoryRows = 30, MinRepetition = 8 };
            var inferred = await InferAsync(csv, options);
            rejected += inferred.RejectedRows;
            types.UnionWith(inferred.Columns.Select(c => c.Column.TypeName + (c.Column.Optional ? "?" : "")));

            var fromJson = Parse(inferred.ToJsonSchema());
            var fromMap = Parse(inferred.ToClickHouse(), inferred.IgnoreExtraColumns ? "ignore" : null);
            Assert.Equal(ModelSchemaJson.Serialize(fromJson), ModelSchemaJson.Serialize(fromMap));
            Assert.Equal(inferred.Columns.Select(c => Short(c.Column)), fromJson.Columns.Select(Short));

            var (rows, errors, why) = await ValidateAsync(csv, inferred.Delimiter, fromJson);
            Assert.True((rows, errors) == (inferred.Rows, inferred.RejectedRows),
                $"seed {seed}: {errors} of {rows} rows rejected, {inferred.RejectedRows} of {inferred.Rows} expected; {why}; {inferred.ToJsonSchema()}");
        }

        // The files have shown all there is, and bad rows too.
        Assert.Superset(
            new HashSet<string> { "STRING", "STRING?", "INTEGER", "INTEGER?", "FLOAT", "FLOAT?", "BOOLEAN", "BOOLEAN?", "TIMESTAMP", "TIMESTAMP?", "CATEGORY", "CATEGORY?", "VECTOR", "VECTOR?" }, types);
        Assert.True(rejected > 1_000);
    }

    static async Task<(long Rows, long Errors, string Why)> ValidateAsync(byte[] csv, char delimiter, ModelSchema schema)
    {
        using var stream = new MemoryStream(csv);
        var dialect = new CsvDialect((byte)delimiter, 4_096);
        await using var upload = await CsvUpload.OpenAsync(stream, dialect, new() { ChunkBytes = 64 << 10 }, new ChunkBudget(1 << 20), CancellationToken.None);
        var header = ColumnMapping.Map(upload.Header.Names, schema, ignoreExtraColumns: false);
        if (!header.Fits)
            return (-1, -1, string.Join("; ", header.Faults.Select(f => f.Message)));
        using var validator = new ChunkValidator();
        long rows = 0, errors = 0;
        var why = new List<string>();
        await foreach (var chunk in upload.ReadChunksAsync(CancellationToken.None))
        {
            using (chunk)
            {
                var validated = validator.Validate(
                    new()
                    {
                        TenantId = "t", JobId = "j", ModelId = "m", ModelVersion = 1, Ordinal = chunk.Ordinal, FirstRow = chunk.FirstRow, FirstLine = chunk.FirstLine,
                        Rows = chunk.Rows, Checksum = chunk.Checksum, Delimiter = dialect.Delimiter, MaxRowBytes = dialect.MaxRowBytes, Mapping = header.Mapping,
                    }, schema, chunk.Bytes, CancellationToken.None);
                rows += validated.Rows;
                errors += validated.Errors;
                why.AddRange(validated.ErrorCounts.Select(e => e.ToString()!));
            }
        }
        return (rows, errors, string.Join("; ", why));
    }

    /// <summary>Writes files as people do, and as they should not.</summary>
    sealed class RandomCsv(int seed)
    {
        static readonly string[] Names = ["event_id", "timestamp", "a", "b", "a`b\\", "größe", "with space", "", "_row"];
        static readonly string[] Odd = ["", "", " ", "\t", "N/A", "NaN", "-inf", "x", "0x10", "1e400", "99999999999999999999999", "-", "+", ".", "[]", "[1,]", "[1, \"a\"]", "a\"b", "é🙂", "007", "+4930123456"];

        readonly Random _random = new(seed);

        public (byte[] Csv, byte? Delimiter) Write()
        {
            var delimiter = (char)",;\t|"[_random.Next(4)];
            var names = Names.OrderBy(_ => _random.Next()).Take(_random.Next(1, 7)).ToList();
            if (names.All(n => n is "" or "_row"))
                names.Add("c");
            // Most columns are of one mind; some now and then have something odd.
            var columns = names.Select(n => (Kind: _random.Next(13), Odd: _random.Next(3) == 0 ? 0.02 : 0.0, Blank: _random.Next(3) == 0 ? 0.1 : 0.0)).ToArray();
            var lineEnd = _random.Next(3) switch { 0 => "\r\n", 1 => "\r", _ => "\n" };
            var isDirty = _random.Next(4) == 0;
            using var file = new MemoryStream();
            Put(file, string.Join(delimiter, names.Select(n => Field(n, delimiter))) + lineEnd);
            var rows = _random.Next(10) == 0 ? 0 : _random.Next(1, 250);
            for (var row = 0; row < rows; row++)
            {
                if (isDirty && _random.Next(40) == 0)
                {
                    Spoil(file, delimiter, lineEnd);
                    continue;
                }
                var fields = columns.Select(c => Field(
                    _random.NextDouble() < c.Odd ? Odd[_random.Next(Odd.Length)] : _random.NextDouble() < c.Blank ? "" : Value(c.Kind), delimiter)).ToList();
                if (isDirty && _random.Next(30) == 0)
                    fields = fields[.._random.Next(1, fields.Count + 1)];
                if (isDirty && _random.Next(60) == 0)
                    fields.Add("extra");
                Put(file, string.Join(delimiter, fields) + (row == rows - 1 && _random.Next(2) == 0 ? "" : lineEnd));
            }
            return (file.ToArray(), _random.Next(2) == 0 ? (byte)delimiter : null);
        }

        string Value(int kind)
        {
            var value = kind switch
            {
                0 => $"{_random.Next(-50, 1_000)}",
                1 => $"{_random.Next(2)}",
                2 => _random.Next(2) == 0 ? "true" : "False",
                3 => $"{_random.NextInt64(long.MinValue, long.MaxValue)}",
                4 => $"{(ulong)_random.NextInt64(long.MaxValue) + (ulong)_random.Next(2) * long.MaxValue}",
                5 => _random.NextDouble().ToString("R", CultureInfo.InvariantCulture),
                6 => $"{_random.Next(-9, 9)}.{_random.Next(99)}e{_random.Next(-40, 40)}",
                7 => $"{(uint)_random.NextInt64(uint.MaxValue)}",
                8 => DateTimeOffset.FromUnixTimeSeconds(_random.NextInt64(uint.MaxValue)).ToOffset(TimeSpan.FromMinutes(_random.Next(-600, 600))).ToString("yyyy-MM-dd'T'HH:mm:ss.fzzz", CultureInfo.InvariantCulture),
                9 => $"[{string.Join(", ", Enumerable.Range(0, 3).Select(_ => _random.Next(100)))}]",
                10 => $"[{string.Join(",", Enumerable.Range(0, _random.Next(4)).Select(_ => _random.NextDouble().ToString("R", CultureInfo.InvariantCulture)))}]",
                11 => _random.Next(3) switch { 0 => "red", 1 => "it's \"blue\"", _ => "grün, \\" },
                _ => $"text {_random.Next(10_000)}{(_random.Next(20) == 0 ? "\nnext line" : "")}",
            };
            return _random.Next(200) == 0 ? $" {value}\t" : value;
        }

        string Field(string value, char delimiter) =>
            value.AsSpan().IndexOfAny($"\"\r\n{delimiter}") >= 0 || _random.Next(10) == 0 ? $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : value;

        void Spoil(MemoryStream file, char delimiter, string lineEnd)
        {
            switch (_random.Next(5))
            {
                case 0: Put(file, $"\"not closed right\"x{delimiter}1"); break;
                case 1: Put(file, new string('x', 5_000)); break;
                case 2: file.Write([0xff, 0xfe]); break;
                case 3: Put(file, string.Concat(Enumerable.Repeat($"y{delimiter}", 12))); break;
                default: Put(file, $"1{delimiter}\"\""); break;
            }
            Put(file, lineEnd);
        }

        static void Put(MemoryStream file, string text) => file.Write(Encoding.UTF8.GetBytes(text));
    }
}
