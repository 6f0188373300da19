using System.Text;

namespace Batch.Benchmarks.Data;

/// <summary>A kind of file: its columns, with the ClickHouse types of its model, and its n-th row.</summary>
internal sealed record DataSet(string Name, string What, IReadOnlyList<(string Name, string Type)> Columns, Action<RowText, long> Row)
{
    /// <summary>Rows of which the model refuses some.</summary>
    public bool HasBadRows { get; init; }

    /// <summary>Writes the header line and so many rows; returns the file's size in bytes.</summary>
    public long Write(string path, long rows)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
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
        return file.Length;
    }
}
