using System.Text;
using System.Text.Json;
using Batch.Client;
using Batch.Csv.Streams;

namespace Batch.Tests.EndToEnd;

/// <summary>The seed's model and files for it, of any size, made as they are read.</summary>
public static class CsvText
{
    public const string PurchasesSchema = """{"event_id": "String", "timestamp": "UInt32", "amount": "Float64"}""";

    public static CreateModelRequest Purchases(string name = "purchases") => new()
    {
        Name = name,
        Schema = JsonDocument.Parse(PurchasesSchema).RootElement,
    };

    public static Stream Of(string text) => new MemoryStream(Encoding.UTF8.GetBytes(text));

    /// <summary>A file of so many rows, every <paramref name="badEvery"/>-th of which has no amount that is a number.</summary>
    public static Stream Rows(int rows, int badEvery = 0) => new GeneratedCsv(rows, badEvery);

    sealed class GeneratedCsv(int rows, int badEvery) : ReadOnlyStream
    {
        byte[] _page = Encoding.UTF8.GetBytes("event_id,timestamp,amount\n");
        int _read;
        int _next = 1;

        public override int Read(Span<byte> buffer)
        {
            if (_read == _page.Length)
            {
                if (_next > rows)
                    return 0;
                var text = new StringBuilder();
                for (var last = Math.Min(rows, _next + 1999); _next <= last; _next++)
                    text.Append("e-").Append(_next).Append(',').Append(1_700_000_000 + _next).Append(',')
                        .Append(badEvery > 0 && _next % badEvery == 0 ? "abc" : $"{_next % 1000}.25").Append('\n');
                (_page, _read) = (Encoding.UTF8.GetBytes(text.ToString()), 0);
            }
            var taken = Math.Min(buffer.Length, _page.Length - _read);
            _page.AsSpan(_read, taken).CopyTo(buffer);
            _read += taken;
            return taken;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));
    }
}
