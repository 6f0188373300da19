using System.Text;
using System.Text.Json;

namespace Batch.Benchmarks.Data;

/// <summary>A kind of file: its columns, with the ClickHouse types of its model, and its n-th row.</summary>
internal sealed record DataSet(string Name, string What, IReadOnlyList<(string Name, string Type)> Columns, Action<RowText, long> Row)
{
    /// <summary>The model refuses every n-th row; 0: none.</summary>
    public int BadOneIn { get; init; }

    /// <summary>The model's schema, in ClickHouse's types.</summary>
    public JsonElement Schema => JsonSerializer.SerializeToElement(Columns.ToDictionary(column => column.Name, column => column.Type));

    /// <summary>How many of the first rows the model refuses.</summary>
    public long BadRows(long rows) => BadOneIn == 0 ? 0 : rows / BadOneIn;

    /// <summary>So many rows that the file has about the size: a multiple of 100, so that one in 100 can be bad.</summary>
    public long RowsIn(long bytes)
    {
        const int Probe = 10_000;
        var probe = new MemoryStream();
        Write(probe, Probe);
        return Math.Max(1, bytes * (Probe / 100) / probe.Length) * 100;
    }

    /// <summary>Writes the header line and so many rows; returns the file's size in bytes.</summary>
    public long Write(string path, long rows)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        Write(file, rows);
        return file.Length;
    }

    public void Write(Stream file, long rows)
    {
        file.Write(Encoding.UTF8.GetBytes(string.Join(',', Columns.Select(column => column.Name)) + "\n"));
        var text = new RowText(88172645463325252);
        for (var row = 1L; row <= rows; row++)
        {
            Row(text, row);
            text.Add("\n"u8);
            if (text.IsFull)
                text.FlushTo(file);
        }
        text.FlushTo(file);
    }
}
