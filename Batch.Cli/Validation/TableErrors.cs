using System.Text;
using Batch.Client;
using Batch.Csv;
using Batch.Csv.Export;
using Batch.Csv.Validation.Rejects;

namespace Batch.Cli.Validation;

/// <summary>The first errors of a file, kept for a table.</summary>
internal sealed class TableErrors(RejectedFilter filter, int most) : ErrorOutput
{
    readonly List<RejectedRow> _rows = [];

    public IReadOnlyList<RejectedRow> Rows => _rows;

    /// <summary>There were more than <see cref="Rows"/>.</summary>
    public bool More { get; private set; }

    public override void BeginFile(string title, CsvHeader header, CsvDialect dialect)
    {
        _rows.Clear();
        More = false;
    }

    public override ErrorPage? NewPage() => More ? null : new Page(filter, most + 1);

    public override void Take(ErrorPage page)
    {
        var rows = ((Page)page).Rows;
        var room = most - _rows.Count;
        More |= rows.Count > room;
        _rows.AddRange(rows.Take(room));
    }

    sealed class Page(RejectedFilter filter, int most) : ErrorPage
    {
        public List<RejectedRow> Rows { get; } = [];

        public override bool Add(in RejectedError error)
        {
            if (filter.Matches(error.Error, error.Column))
                Rows.Add(new RejectedRow
                {
                    Row = error.Row, Line = error.Line, Column = error.Column, Type = error.Type, Error = error.Error, Message = error.Message,
                    EventId = error.EventId.IsEmpty ? null : Encoding.UTF8.GetString(error.EventId),
                    Observed = error.Observed.IsEmpty ? null : Encoding.UTF8.GetString(error.Observed),
                });
            return Rows.Count < most;
        }
    }
}
