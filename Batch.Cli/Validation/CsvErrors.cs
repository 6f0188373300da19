using System.Buffers;
using Batch.Cli.Output;
using Batch.Csv;
using Batch.Csv.Export;
using Batch.Csv.Validation.Rejects;

namespace Batch.Cli.Validation;

/// <summary>The bad rows as they were, byte for byte, after two columns with their numbers and errors: the file that <c>job rejected</c> exports.</summary>
internal sealed class CsvErrors(Terminal terminal, RejectedFilter filter) : ErrorOutput
{
    readonly ByteOutput _output = new(terminal);
    CsvDialect _dialect;

    public override void BeginFile(string title, CsvHeader header, CsvDialect dialect)
    {
        _dialect = dialect;
        var line = new ArrayBufferWriter<byte>();
        new RejectedCsvWriter(line, dialect).WriteHeader(header.RawLine);
        _output.Write(line.WrittenSpan);
    }

    public override ErrorPage NewPage() => new Page(filter, _dialect);

    public override void Take(ErrorPage page) => _output.Write(((Page)page).End());

    public override void Dispose() => _output.Dispose();

    sealed class Page : ErrorPage
    {
        readonly RejectedFilter _filter;
        readonly ArrayBufferWriter<byte> _text = new(16 * 1024);
        readonly RejectedCsvWriter _csv;
        long _row;
        byte[] _raw = [];
        int _rawLength;
        bool _isWanted;

        public Page(RejectedFilter filter, CsvDialect dialect) => (_filter, _csv) = (filter, new(_text, dialect));

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
                if (_raw.Length < error.Raw.Length)
                    _raw = new byte[Math.Max(4096, 2 * error.Raw.Length)];
                error.Raw.CopyTo(_raw);
                _rawLength = error.Raw.Length;
            }
            _isWanted |= _filter.Matches(error.Error, error.Column);
            _csv.AddError(error.Column, error.Error, error.Message);
            return true;
        }

        void FinishRow()
        {
            if (_isWanted)
                _csv.WriteRow(_row, _raw.AsSpan(0, _rawLength));
            else
                _csv.Skip();
            _isWanted = false;
        }
    }
}
