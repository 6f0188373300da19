namespace Batch.Benchmarks.Data;

/// <summary>The files that are loaded.</summary>
internal static class DataSets
{
    static readonly (string, string)[] MixedColumns =
    [
        ("event_id", "String"), ("timestamp", "UInt32"), ("amount", "Float64"), ("quantity", "Int64"), ("active", "Bool"),
        ("category", "LowCardinality(String)"),
    ];

    public static DataSet Narrow { get; } = new("narrow", "3 columns: String, UInt32, Float64",
        [("event_id", "String"), ("timestamp", "UInt32"), ("amount", "Float64")],
        static (text, row) => text.AddHex(text.Next()).Add(","u8).Add(1_700_000_000 + row).Add(","u8).AddCents(text.Next() % 1_000_000));

    public static DataSet Mixed { get; } = new("mixed", "6 columns: String, UInt32, Float64, Int64, Bool, category", MixedColumns,
        static (text, row) => MixedRow(text, row, isBad: false));

    public static DataSet Wide { get; } = new("wide", "50 columns of 5 types",
        [.. Enumerable.Range(0, 50)
            .Select(column => ($"c{column:00}", (column % 5) switch { 0 => "String", 1 => "UInt32", 2 => "Float64", 3 => "Int64", _ => "Bool" }))],
        static (text, _) => WideRow(text));

    public static DataSet Quoted { get; } = new("quoted", "text with line breaks and doubled quotes",
        [("event_id", "String"), ("timestamp", "UInt32"), ("note", "String")],
        static (text, row) => text.AddHex(text.Next()).Add(","u8).Add(1_700_000_000 + row)
            .Add(",\"It said \"\""u8).AddHex(text.Next()).Add("\"\",\nand then nothing for "u8).Add((long)(text.Next() % 1000)).Add(" days, or so.\""u8));

    public static DataSet Bad1 { get; } = Bad("bad 1 %", 100);

    public static DataSet Bad50 { get; } = Bad("bad 50 %", 2);

    public static DataSet Bad100 { get; } = Bad("bad 100 %", 1);

    public static IReadOnlyList<DataSet> All { get; } = [Narrow, Mixed, Wide, Quoted, Bad1, Bad50, Bad100];

    static DataSet Bad(string name, int oneIn)
    {
        var mixed = new DataSet(name, $"mixed, one row in {oneIn} has no timestamp", MixedColumns, (text, row) => MixedRow(text, row, row % oneIn == 0));
        return mixed with { BadOneIn = oneIn };
    }

    static void MixedRow(RowText text, long row, bool isBad)
    {
        text.Add("evt-"u8).AddHex(text.Next()).Add("-"u8).Add(row).Add("-"u8).AddHex(text.Next()).Add(","u8);
        if (isBad)
            text.Add("notatime"u8);
        else
            text.Add(1_700_000_000 + row);
        var chance = text.Next();
        text.Add(","u8).AddCents(chance % 10_000_000).Add(","u8).Add((long)(chance % 1_000_000) - 500_000);
        text.Add((chance & 1) == 0 ? ",true,"u8 : ",false,"u8);
        text.Add((chance % 5) switch { 0 => "electronics"u8, 1 => "books"u8, 2 => "garden"u8, 3 => "toys"u8, _ => "clothing"u8 });
    }

    static void WideRow(RowText text)
    {
        for (var column = 0; column < 50; column++)
        {
            var chance = text.Next();
            if (column > 0)
                text.Add(","u8);
            switch (column % 5)
            {
                case 0: text.AddHex(chance); break;
                case 1: text.Add((long)(chance & uint.MaxValue)); break;
                case 2: text.AddCents(chance % 10_000_000); break;
                case 3: text.Add((long)(chance % 1_000_000) - 500_000); break;
                default: text.Add((chance & 1) == 0 ? "true"u8 : "false"u8); break;
            }
        }
    }
}
