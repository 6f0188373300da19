using System.Globalization;
using System.Text;
using System.Text.Json;
using Batch.Csv.Validation;
using Batch.Tests.Deployment;
using Batch.Tests.EmbeddedClickHouse;
using Batch.Tests.Validation;

namespace Batch.Tests.Differential;

/// <summary>Polluted files: a row is loaded as the clean file has it, or not at all, and independent readers read it the same way.</summary>
/// <remarks>BATCH_DIFFERENTIAL_FILES=100000 makes it a long run, BATCH_DIFFERENTIAL_SEED=7 another one.</remarks>
[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class DifferentialTests(ClickHouseProcess clickHouse)
{
    static readonly int Files = TestSettings.Number("BATCH_DIFFERENTIAL_FILES", 6_000);
    static readonly int Seed = TestSettings.Number("BATCH_DIFFERENTIAL_SEED", 1);

    static readonly Pollution.Kind[] Kinds = Enum.GetValues<Pollution.Kind>();

    // Where a quote is one too many or too few, a row beside it that might be a piece of the value is rejected too.
    static readonly HashSet<Pollution.Kind> OfQuotes = [Pollution.Kind.StrayQuote, Pollution.Kind.LostQuote, Pollution.Kind.DoubledQuote,
        Pollution.Kind.LostSeparator,
        Pollution.Kind.CutEnd];

    [SkippableFact]
    public async Task A_row_of_a_polluted_file_is_loaded_as_the_clean_file_has_it_or_rejected()
    {
        var groups = new Dictionary<(int Model, int Rotation, char Delimiter), Group>();
        using var validator = new ChunkValidator();
        var loaded = new Dictionary<Pollution.Kind, (int Rows, int Rejected)>();
        for (var n = 0; n < Files; n++)
        {
            var random = new Random(unchecked(Seed * 1_000_003 + n));
            var clean = new CleanFile(random);
            var kind = Kinds[n % Kinds.Length];
            var polluted = new Pollution(clean, kind, random);
            var file = await LoadedFile.OfAsync(polluted.Bytes, clean.Schema, (byte)clean.Delimiter, validator);
            Check(clean, polluted, kind, file, n);

            loaded[kind] = (loaded.GetValueOrDefault(kind).Rows + file.Rows.Count, loaded.GetValueOrDefault(kind).Rejected + (int)file.Rejected);
            if (!groups.TryGetValue((clean.Model, clean.Rotation, clean.Delimiter), out var group))
                groups.Add((clean.Model, clean.Rotation, clean.Delimiter), group = new(clean));
            foreach (var row in file.Rows)
                group.Rows.Add(new(n, kind, row.Values, row.Raw));
        }

        // A kind of pollution under which no row is left to be loaded, or none is ever rejected, would prove nothing.
        Assert.All(Kinds.Except([Pollution.Kind.HeaderName, Pollution.Kind.HeaderField, Pollution.Kind.Preamble]),
            kind => Assert.True(loaded[kind].Rows > 0, $"{kind}"));
        Assert.All(Kinds.Except([Pollution.Kind.MixedLineEnds, Pollution.Kind.BlankLines, Pollution.Kind.PaddedQuotes, Pollution.Kind.CutEnd]),
            kind => Assert.True(loaded[kind].Rejected > 0, $"{kind}"));

        foreach (var group in groups.Values)
        {
            await CompareWithClickHouseAsync(group, [.. group.Rows.Where(row => row.Kind != Pollution.Kind.PaddedQuotes)], trims: false);
            // Where a tab separates, it takes no space before quotes.
            if (group.File.Delimiter != '\t')
                await CompareWithClickHouseAsync(group, [.. group.Rows.Where(row => row.Kind == Pollution.Kind.PaddedQuotes)], trims: true);
        }
        await CompareWithDuckDbAsync(groups.Values);
    }

    static void Check(CleanFile clean, Pollution polluted, Pollution.Kind kind, LoadedFile file, int n)
    {
        var seen = new HashSet<string>();
        foreach (var (values, raw) in file.Rows)
        {
            var id = values[clean.IdColumn] ?? "";
            if (polluted.LastIsUnknowable && polluted.Bytes.AsSpan().EndsWith(raw))
                continue;
            Assert.True(clean.Values.TryGetValue(id, out var expected) && values.SequenceEqual(expected) && seen.Add(id),
                $"File {n}, {kind}: the row {Encoding.UTF8.GetString(raw)} was loaded as [{string.Join(" | ", values.Select(value => value ?? "NULL"))}], which the clean file has not.\n"
                + Encoding.UTF8.GetString(polluted.Bytes));
        }
        if (OfQuotes.Contains(kind))
            return;
        foreach (var id in clean.Values.Keys.Except(polluted.Touched))
            Assert.True(seen.Contains(id), $"File {n}, {kind}: row {id} was not touched, and is not loaded.\n{Encoding.UTF8.GetString(polluted.Bytes)}");
    }

    /// <param name="trims">ClickHouse passes over spaces around quotes only where it takes those around other values off as well.</param>
    async Task CompareWithClickHouseAsync(Group group, List<Row> rows, bool trims)
    {
        var database = await clickHouse.CreateDatabaseAsync();
        var columns = group.File.Schema.Columns;
        await clickHouse.QueryAsync(
            $"CREATE TABLE {database}.rows (n UInt64, {string.Join(", ", columns.Select(column => $"`{column.Name}` {TypeOf(column)}"))}) ENGINE = Memory");
        var lines = new MemoryStream();
        foreach (var (row, number) in rows.Select((row, number) => (row, number)))
        {
            lines.Write(Encoding.UTF8.GetBytes($"{number}{group.File.Delimiter}"));
            lines.Write(row.Raw);
            lines.WriteByte((byte)'\n');
        }
        // A tab is white space to it, unless it is told that it separates.
        var settings = $"format_csv_delimiter='{(group.File.Delimiter == '\t' ? "\\t" : group.File.Delimiter)}', "
            + $"input_format_csv_allow_whitespace_or_tab_as_delimiter={(group.File.Delimiter == '\t' ? 1 : 0)}, input_format_csv_trim_whitespaces={(trims ? 1 : 0)}, "
            + "input_format_csv_empty_as_default=1, input_format_null_as_default=0, async_insert=0";
        var answer = await clickHouse.PostAsync($"INSERT INTO {database}.rows SETTINGS {settings} FORMAT CSV", lines.ToArray());
        Assert.True(answer.Status == System.Net.HttpStatusCode.OK, answer.Text);
        var theirs = NativeReader.Read(await clickHouse.QueryBytesAsync(
            $"SELECT {string.Join(", ", columns.Select(Read))} FROM {database}.rows ORDER BY n FORMAT Native"));
        for (var i = 0; i < rows.Count; i++)
            for (var column = 0; column < columns.Count; column++)
                Assert.True(Trimmed(theirs[column].Values[i]) == Trimmed(rows[i].Values[column]),
                    $"File {rows[i].File}, {rows[i].Kind}: ClickHouse reads {columns[column].Name} of {Encoding.UTF8.GetString(rows[i].Raw)} as "
                    + $"{theirs[column].Values[i] ?? "NULL"}, not {rows[i].Values[column] ?? "NULL"}.");
        await clickHouse.QueryAsync($"DROP DATABASE {database}");

        string? Trimmed(string? value) => trims ? value?.Trim(' ', '\t') : value;
    }

    /// <summary>
    /// Into a LowCardinality(Nullable(String)) ClickHouse reads without the leading spaces of an unquoted value, whatever its settings say; into a Bool it
    /// reads no value in quotes, so it makes one of the text.
    /// </summary>
    static string TypeOf(Batch.Csv.Schema.Column column) => IsBool(column)
        ? "Nullable(String)"
        : column.ClickHouseType.Replace("LowCardinality(Nullable(String))", "Nullable(String)", StringComparison.Ordinal);

    static string Read(Batch.Csv.Schema.Column column) =>
        IsBool(column) ? $"CAST(nullIf(`{column.Name}`, ''), '{column.ClickHouseType}')" : $"`{column.Name}`";

    static bool IsBool(Batch.Csv.Schema.Column column) => column.ClickHouseType.Contains("Bool", StringComparison.Ordinal);

    /// <summary>Fields as text. Spaces around quotes are a fault to DuckDB, so those rows are left out.</summary>
    static async Task CompareWithDuckDbAsync(IEnumerable<Group> groups)
    {
        var folder = await DuckDb.InstallAsync();
        var work = Directory.CreateTempSubdirectory("batch-differential-");
        try
        {
            var n = 0;
            foreach (var group in groups)
            {
                var rows = group.Rows.Where(row => row.Kind != Pollution.Kind.PaddedQuotes).ToList();
                var path = Path.Combine(work.FullName, $"{n++}.csv");
                await using (var lines = File.Create(path))
                {
                    foreach (var row in rows)
                    {
                        lines.Write(row.Raw);
                        lines.WriteByte((byte)'\n');
                    }
                }
                var (exitCode, output) =
                    await Tool.RunAsync("node", ["read.mjs", path, group.File.Delimiter.ToString(), $"{group.File.Schema.Columns.Count}"], folder);
                Assert.True(exitCode == 0, output);
                var theirs = (await File.ReadAllLinesAsync(path + ".ndjson")).Select(line => JsonSerializer.Deserialize<string?[]>(line)!).ToList();
                Assert.Equal(rows.Count, theirs.Count);
                for (var i = 0; i < rows.Count; i++)
                    Assert.True(theirs[i].Select(value => value ?? "")
                        .SequenceEqual(rows[i].Values.Select((value, column) => Text(group, column, value, theirs[i][column]))),
                        $"File {rows[i].File}, {rows[i].Kind}: DuckDB reads {Encoding.UTF8.GetString(rows[i].Raw)} as [{string.Join(" | ", theirs[i])}].");
            }
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    /// <summary>A value as DuckDB has its text: a number may be written in several ways.</summary>
    static string Text(Group group, int column, string? value, string? theirs) =>
        group.File.Schema.Columns[column].Type == Batch.Csv.Schema.ColumnType.Float && value is not null
            && double.TryParse(theirs, CultureInfo.InvariantCulture, out var number) && number == double.Parse(value, CultureInfo.InvariantCulture)
            ? theirs : value ?? "";

    /// <summary>Files of one model, one order of columns and one separator, whose rows another reader can take in one go.</summary>
    sealed record Group(CleanFile File)
    {
        public List<Row> Rows { get; } = [];
    }

    /// <summary>A row that would be loaded.</summary>
    sealed record Row(int File, Pollution.Kind Kind, string?[] Values, byte[] Raw);
}
