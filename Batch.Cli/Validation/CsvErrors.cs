using System.Buffers;
using System.Globalization;
using System.Text;
using Batch.Cli.Output;
using Batch.Core.Chunks;
using Batch.Core.Rejected;
using Batch.Core.Validation;

namespace Batch.Cli.Validation;

/// <summary>The bad rows as they were, byte for byte, after two columns with their numbers and errors: the file that <c>job rejected</c> exports.</summary>
internal sealed class CsvErrors(Terminal terminal, RejectedFilter filter) : ErrorOutput
{
    readonly ByteOutput _output = new(terminal);
    char _delimiter;

    public override void BeginFile(string title, CsvHeader header, char delimiter)
    {
        _delimiter = delimiter;
        _output.Write([.. Encoding.UTF8.GetBytes($"_row{delimiter}_errors{delimiter}"), .. header.RawLine, (byte)'\n']);
    }

    public override ErrorPage NewPage() => new Page(filter, _delimiter);

    public override void Take(ErrorPage page) => _output.Write(((Page)page).End());

    public override void Dispose() => _output.Dispose();

    sealed class Page(RejectedFilter filter, char delimiter) : ErrorPage
    {
        const int MaxErrorsText = 4000;

        readonly ArrayBufferWriter<byte> _text = new(16 * 1024);
        readonly StringBuilder _errors = new();
        long _row;
        byte[] _raw = [];
        int _rawLength;
        bool _isWanted;

        public ReadOnlySpan<byte> End()
        {
            FinishRow();
            return _text.WrittenSpan;
        }

        public override bool Add(in RejectedError error)
        {
            if (error.Row == 0) // about the header: there is no row to stand before
                return true;
            if (error.Seq == 0)
            {
                FinishRow();
                _row = error.Row;
                _isWanted = false;
                _errors.Clear();
                if (_raw.Length < error.Raw.Length)
                    _raw = new byte[Math.Max(4096, 2 * error.Raw.Length)];
                error.Raw.CopyTo(_raw);
                _rawLength = error.Raw.Length;
            }
            _isWanted |= filter.Matches(error.Error, error.Column);
            if (_errors.Length < MaxErrorsText)
                Append(error);
            return true;
        }

        void Append(in RejectedError error)
        {
            if (_errors.Length > 0)
                _errors.Append(" | ");
            // On one line, whatever stood in the file's header.
            foreach (var c in $"{error.Column}: {error.Error}. {error.Message}")
                _errors.Append(char.IsControl(c) ? ' ' : c);
        }

        void FinishRow()
        {
            if (!_isWanted)
                return;
            _isWanted = false;
            var text = _errors.Replace("\"", "\"\"").ToString();
            _text.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{_row}{delimiter}\"{text}\"{delimiter}")));
            _text.Write(_raw.AsSpan(0, _rawLength));
            _text.Write("\n"u8);
        }
    }
}
