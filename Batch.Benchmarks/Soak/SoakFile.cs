using System.Globalization;
using System.Text;
using Batch.Csv.Streams;

namespace Batch.Benchmarks.Soak;

/// <summary>A file whose rows follow from its number: made while it is sent, and known afterwards without having been kept.</summary>
/// <param name="BadEvery">Every n-th row has an amount that is no number; 0: none.</param>
internal sealed record SoakFile(int Number, int Rows, int BadEvery)
{
    public int Bad => BadEvery == 0 ? 0 : Rows / BadEvery;

    public int Good => Rows - Bad;

    /// <summary>Sum of the amounts of its good rows, in quarters, so that it is exact.</summary>
    public long Quarters
    {
        get
        {
            var sum = 0L;
            for (var row = 1; row <= Rows; row++)
                if (!IsBad(row))
                    sum += QuartersOf(row);
            return sum;
        }
    }

    public string Name => string.Create(CultureInfo.InvariantCulture, $"soak-{Number}.csv");

    bool IsBad(int row) => BadEvery > 0 && row % BadEvery == 0;

    long QuartersOf(int row) => (row + Number * 7L) % 4_000 + 1;

    /// <param name="breakAfter">The connection breaks after so many rows; 0: it does not.</param>
    public Stream Open(int breakAfter = 0) => new Content(this, breakAfter);

    sealed class Content(SoakFile file, int breakAfter) : ReadOnlyStream
    {
        const int RowsInPage = 1_000;
        byte[] _page = Encoding.ASCII.GetBytes("event_id,timestamp,amount\n");
        int _read;
        int _row = 1;

        public override int Read(Span<byte> buffer)
        {
            if (_read == _page.Length && !NextPage())
                return 0;
            var taken = Math.Min(buffer.Length, _page.Length - _read);
            _page.AsSpan(_read, taken).CopyTo(buffer);
            _read += taken;
            return taken;
        }

        bool NextPage()
        {
            if (breakAfter > 0 && _row > breakAfter)
                throw new IOException("The soak breaks this upload off.");
            if (_row > file.Rows)
                return false;
            var text = new StringBuilder();
            for (var last = Math.Min(file.Rows, _row + RowsInPage - 1); _row <= last; _row++)
            {
                var amount = file.IsBad(_row) ? "abc" : (file.QuartersOf(_row) / 4m).ToString(CultureInfo.InvariantCulture);
                text.Append(CultureInfo.InvariantCulture, $"e-{file.Number}-{_row},{1_700_000_000 + _row},{amount}\n");
            }
            (_page, _read) = (Encoding.ASCII.GetBytes(text.ToString()), 0);
            return true;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));
    }
}
