namespace Batch.Core.Rejected;

/// <summary>Holds ascending row numbers against those of a selection, in constant memory: two ascending sequences are merged.</summary>
/// <remarks>In pages, so that a file that arrives slowly keeps no query open.</remarks>
public sealed class RejectedNumbers(RejectedStore rejected, RowSelection selection)
{
    /// <summary>A page asks again which rows are repaired; a file of a million rows asks fifty times.</summary>
    const int PageRows = 20_000;

    IReadOnlyList<RejectedNumber> _page = [];
    int _at;
    bool _isLast;

    /// <summary>Whether there is such a row, and whether it is repaired.</summary>
    /// <param name="number">Larger than at the call before.</param>
    public ValueTask<(bool IsRejected, bool IsRepaired)> FindAsync(long number, CancellationToken cancellationToken)
    {
        while (_at < _page.Count && _page[_at].Row < number)
            _at++;
        return _at < _page.Count ? new(Result(number)) : _isLast ? new((false, false)) : ReadAsync(number, cancellationToken);
    }

    async ValueTask<(bool, bool)> ReadAsync(long number, CancellationToken cancellationToken)
    {
        _page = await rejected.NumbersAsync(selection, number, PageRows, cancellationToken);
        (_at, _isLast) = (0, _page.Count < PageRows);
        return _page.Count > 0 ? Result(number) : (false, false);
    }

    (bool, bool) Result(long number) => _page[_at].Row == number ? (true, _page[_at].IsRepaired) : (false, false);
}
