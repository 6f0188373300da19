using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Batch.Client;
using Batch.Core.Jobs;
using Batch.Core.Rejected;
using Batch.Csv.Export;

namespace Batch.Api.RejectedRows;

/// <summary>The rejected rows of a job as a CSV file that a person can fix and send back.</summary>
/// <remarks>
/// The errors and the raw bytes are two streams in row order that are merged as they come, in constant memory: JSON could not carry bytes
/// that are not UTF-8.
/// </remarks>
internal sealed class RejectedCsv
{
    const int FlushBytes = 64 << 10;

    readonly Job _job;
    readonly RejectedStore _rejected;
    readonly RejectedFilter _filter;
    readonly Stream _errors;

    RejectedCsv(Job job, RejectedStore rejected, RejectedFilter filter, Stream errors) =>
        (_job, _rejected, _filter, _errors) = (job, rejected, filter, errors);

    /// <summary>Begins to read, so that a fault at the start can still be answered as one.</summary>
    /// <param name="filter">Only rows that have such an error; each comes with all of its errors, as all have to be fixed.</param>
    public static async Task<RejectedCsv> OpenAsync(Job job, RejectedStore rejected, RejectedFilter filter, CancellationToken cancellationToken) =>
        new(job, rejected, filter, await rejected.ExportNdjsonAsync(job, cancellationToken));

    public async Task WriteToAsync(Stream body, CancellationToken cancellationToken)
    {
        var output = PipeWriter.Create(body, new StreamPipeWriterOptions(leaveOpen: true));
        var csv = new RejectedCsvWriter(output, _job.Grammar);
        csv.WriteHeader(_job.HeaderLine);
        using var lines = new StreamReader(_errors, Encoding.UTF8);
        var error = await NextAsync(lines, cancellationToken);
        await foreach (var row in _rejected.RawRowsAsync(_job, _filter, cancellationToken))
        {
            // Entries of row 0 are about the header, and have no row to stand before; others may be of rows that are not wanted.
            while (error is not null && error.Row < row.Row)
                error = await NextAsync(lines, cancellationToken);
            for (; error is not null && error.Row == row.Row; error = await NextAsync(lines, cancellationToken))
                csv.AddError(error.Column, error.Error, error.Message);
            csv.WriteRow(row.Row, row.Raw.Span);
            if (output.UnflushedBytes > FlushBytes)
                await output.FlushAsync(cancellationToken);
        }
        await output.CompleteAsync();
    }

    static async ValueTask<RejectedRow?> NextAsync(StreamReader lines, CancellationToken cancellationToken)
    {
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length > 0)
                return JsonSerializer.Deserialize(line, BatchJson.Default.RejectedRow);
        }
        return null;
    }
}
