using System.Buffers;
using System.Globalization;
using Batch.Csv.Schema;

namespace Batch.Tests.Differential;

/// <summary>A file without a fault, from a seed: what it holds, and how that is written.</summary>
/// <remarks>Every row has a number of its own in the column <c>id</c>, by which it is known again.</remarks>
sealed class CleanFile
{
    static readonly string[] Words =
    [
        "Ann", "Bob Smith", "Smith, Ann", "Zürich; CH", "a|b", "say \"hi\"", "two\nlines", "5 pipes", "", "x", "日本", " spaced ", "12",
        "0.5", "true", "N", "-", "end.",
    ];

    static readonly (string Name, ColumnType Type, string Storage, bool Optional)[][] Models =
    [
        [
            ("id", ColumnType.Integer, "Int64", false), ("name", ColumnType.String, "String", false), ("amount", ColumnType.Float, "Float64", true),
            ("seen", ColumnType.Boolean, "Bool", true), ("note", ColumnType.String, "String", true),
        ],
        // Nothing but text, most of it optional: only the shape of a row can tell.
        [
            ("id", ColumnType.String, "String", true), ("name", ColumnType.String, "String", true),
            ("city", ColumnType.Category, "LowCardinality(String)", true),
            ("note", ColumnType.String, "String", true),
        ],
    ];

    static readonly SearchValues<char> ToBeQuoted = SearchValues.Create(",;\t|\"\n\r");

    readonly Random _random;

    public CleanFile(Random random)
    {
        _random = random;
        Model = random.Next(Models.Length);
        var columns = Models[Model].Select(column => new Column
        {
            Name = column.Name, Type = column.Type, StorageType = column.Storage, Optional = column.Optional,
        }).ToArray();
        Rotation = random.Next(columns.Length);
        // In the order of the file.
        columns = [.. columns.Skip(Rotation), .. columns.Take(Rotation)];
        Schema = new ModelSchema { Columns = columns, OrderBy = ["_row"] };
        Delimiter = Pick(",;\t|");
        LineBreak = random.Next(3) == 0 ? "\r\n" : "\n";
        var quotesAll = random.Next(4) == 0;
        Lines.Add([.. columns.Select(column => column.Name)]);
        for (var id = random.Next(1, 50); Values.Count < random.Next(3, 25); id += random.Next(1, 3))
        {
            var values = columns.Select(column => Value(column, id)).ToArray();
            Values.Add($"{id}", values);
            Lines.Add([.. values.Select((value, i) => Written(value, quotesAll && columns[i].Type == ColumnType.String))]);
        }
    }

    public int Model { get; }

    public int Rotation { get; }

    public ModelSchema Schema { get; }

    public char Delimiter { get; }

    public string LineBreak { get; }

    /// <summary>The header line and the rows, each as its fields are written.</summary>
    public List<string[]> Lines { get; } = [];

    /// <summary>What the table is to hold, by id, in the order of the file's columns; null for NULL.</summary>
    public Dictionary<string, string?[]> Values { get; } = [];

    public int IdColumn => Schema.Columns.ToList().FindIndex(column => column.Name == "id");

    string? Value(Column column, int id) => column.Name == "id" ? $"{id}"
        : column.Optional && _random.Next(5) == 0 ? null
        : column.Type switch
        {
            ColumnType.Float => Math.Round(_random.NextDouble() * 1000, 2).ToString(CultureInfo.InvariantCulture),
            ColumnType.Boolean => Pick("01").ToString(),
            // A required text has no blank; of an optional one a blank in quotes is the empty text.
            _ => Words[_random.Next(Words.Length)] is var word && word.Length == 0 && (!column.Optional || column.Type == ColumnType.Category) ? "x" : word,
        };

    string Written(string? value, bool quoted) =>
        value is null ? ""
        : quoted || value.Length == 0 || value.AsSpan().ContainsAny(ToBeQuoted) || _random.Next(10) == 0
            ? $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : value;

    char Pick(string from) => from[_random.Next(from.Length)];
}
