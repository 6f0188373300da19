using System.Collections.Concurrent;
using System.Text;
using Batch.Client;
using Batch.Csv.Validation;
using Batch.Csv.Validation.Rejects;

namespace Batch.Cli.Validation;

/// <summary>Counts errors by column and code, and keeps the first of each kind as its sample.</summary>
/// <remarks>Chunks are added in the order of the file; the threads that check later ones only ask <see cref="IsKnown"/>.</remarks>
internal sealed class ErrorKinds
{
    readonly ConcurrentDictionary<(string Column, string Error), RejectedSummary> _kinds = new();

    /// <summary>An earlier chunk has shown what this kind looks like.</summary>
    public bool IsKnown(ErrorCount count) => _kinds.ContainsKey((count.Column, count.Error));

    /// <param name="counts">Of a chunk.</param>
    /// <param name="firsts">The first error of each of its kinds that was not known yet; their counts are not looked at.</param>
    public void Add(IReadOnlyList<ErrorCount> counts, IReadOnlyList<RejectedSummary> firsts)
    {
        foreach (var first in firsts)
            _kinds.TryAdd((first.Column, first.Error), first with { Count = 0 });
        foreach (var count in counts)
        {
            var key = (count.Column, count.Error);
            _kinds[key] = _kinds[key] with { Count = _kinds[key].Count + count.Count };
        }
    }

    public void AddHeader(RejectEntry fault) =>
        _kinds[(fault.Column, fault.Error)] = new(fault.Column, fault.Type, fault.Error, 1, fault.Observed);

    public IReadOnlyList<RejectedSummary> MostFirst() =>
        [.. _kinds.Values.OrderByDescending(kind => kind.Count).ThenBy(kind => kind.Column, StringComparer.Ordinal)
            .ThenBy(kind => kind.Error, StringComparer.Ordinal)];

    public static RejectedSummary Of(in RejectedError error) =>
        new(error.Column, error.Type, error.Error, 1, error.Observed.IsEmpty ? null : Encoding.UTF8.GetString(error.Observed));
}
