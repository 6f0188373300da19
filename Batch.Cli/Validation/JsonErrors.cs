using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Batch.Cli.Output;
using Batch.Csv;
using Batch.Csv.Export;
using Batch.Csv.Validation.Rejects;

namespace Batch.Cli.Validation;

/// <summary>Errors as JSON while they are found: a line each, or elements of one array. In the shape of the API's rejected rows, and the file.</summary>
/// <param name="most">Of one file.</param>
internal sealed class JsonErrors(Terminal terminal, RejectedFilter filter, long most, bool isArray) : ErrorOutput
{
    static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    readonly ByteOutput _output = new(terminal);
    bool _isFirst = true;
    long _left;
    string _title = "";

    public override void BeginFile(string title, CsvHeader header, CsvDialect dialect) => (_title, _left) = (title, most);

    public override ErrorPage? NewPage() =>
        _left == 0 ? null : new Page(filter, _left, _title, isArray ? ",\n  "u8.ToArray() : [], isArray ? [] : "\n"u8.ToArray());

    public override void Take(ErrorPage page)
    {
        var text = ((Page)page).Text;
        var ends = ((Page)page).Ends;
        var count = (int)Math.Min(_left, ends.Count);
        if (count == 0)
            return;
        _left -= count;
        text = text[..ends[count - 1]];
        // The comma before the first element of all is none.
        if (isArray && _isFirst)
            _output.Write("["u8);
        _output.Write(isArray && _isFirst ? text[1..] : text);
        _isFirst = false;
    }

    public override void Dispose()
    {
        if (isArray)
            _output.Write(_isFirst ? "[]\n"u8 : "\n]\n"u8);
        _output.Dispose();
    }

    sealed class Page(RejectedFilter filter, long most, string title, byte[] before, byte[] after) : ErrorPage
    {
        readonly ArrayBufferWriter<byte> _text = new(16 * 1024);
        Utf8JsonWriter? _writer;

        public ReadOnlySpan<byte> Text => _text.WrittenSpan;

        /// <summary>Where each error ends in <see cref="Text"/>.</summary>
        public List<int> Ends { get; } = [];

        public override bool Add(in RejectedError error)
        {
            if (!filter.Matches(error.Error, error.Column))
                return true;
            _text.Write(before);
            _writer ??= new(_text, Options);
            _writer.Reset();
            _writer.WriteStartObject();
            _writer.WriteNumber("row"u8, error.Row);
            _writer.WriteNumber("line"u8, error.Line);
            Write("event_id"u8, error.EventId);
            _writer.WriteString("column"u8, error.Column);
            _writer.WriteString("type"u8, error.Type);
            _writer.WriteString("error"u8, error.Error);
            Write("observed"u8, error.Observed);
            _writer.WriteString("message"u8, error.Message);
            // As the API has it: the row once, beside its first error.
            Write("raw"u8, error.Seq == 0 ? error.Raw : default);
            _writer.WriteString("file"u8, title);
            _writer.WriteEndObject();
            _writer.Flush();
            _text.Write(after);
            Ends.Add(_text.WrittenCount);
            return Ends.Count < most;
        }

        void Write(ReadOnlySpan<byte> name, ReadOnlySpan<byte> text)
        {
            if (text.IsEmpty)
                _writer!.WriteNull(name);
            else if (Utf8.IsValid(text))
                _writer!.WriteString(name, text);
            else
                _writer!.WriteString(name, Encoding.UTF8.GetString(text));
        }
    }
}
