using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Batch.Client;
using Batch.Core.Chunks;
using Batch.Core.Jobs;
using Batch.Core.Rejected;

namespace Batch.Api.RejectedRows;

/// <summary>The rejected rows of a job as a CSV file that a person can put right and send back.</summary>
/// <remarks>
/// <code>
/// _row,_errors,event_id,timestamp,amount
/// 17,"amount: NOT_A_FLOAT. The value for 'amount' is not a float. …",1005,1716045542,abc
/// </code>
/// The row itself is copied as it was, byte for byte; only the two columns before it are written, and so quoted, here. The errors
/// and the raw bytes are two streams in row order that are merged as they come, in constant memory: JSON could not carry bytes
/// that are not UTF-8.
/// </remarks>
internal sealed class RejectedCsv
{
    const int MaxErrorsText = 4000;
    const int FlushBytes = 64 << 10;

    readonly Job _job;
    readonly RejectedStore _rejected;
    readonly RejectedFilter _filter;
    readonly Stream _errors;

    RejectedCsv(Job job, RejectedStore rejected, RejectedFilter filter, Stream errors) =>
        (_job, _rejected, _filter, _errors) = (job, rejected, filter, errors);

    /// <summary>Begins to read, so that a fault at the start can still be answered as one.</summary>
    /// <param name="filter">Only rows that have such an error; each comes with all of its errors, as all are to be put right.</param>
    public static async Task<RejectedCsv> OpenAsync(Job job, RejectedStore rejected, RejectedFilter filter, CancellationToken cancellationToken) =>
        new(job, rejected, filter, await rejected.ExportNdjsonAsync(job, cancellationToken));

    public async Task WriteToAsync(Stream body, CancellationToken cancellationToken)
    {
        var writer = PipeWriter.Create(body, new StreamPipeWriterOptions(leaveOpen: true));
        WriteHeader(writer);
        using var lines = new StreamReader(_errors, Encoding.UTF8);
        var error = await NextAsync(lines, cancellationToken);
        var text = new StringBuilder();
        await foreach (var row in _rejected.RawRowsAsync(_job, _filter, cancellationToken))
        {
            // Entries of row 0 are about the header, and have no row to stand before; others may be of rows that are not wanted.
            while (error is not null && error.Row < row.Row)
                error = await NextAsync(lines, cancellationToken);
            text.Clear();
            for (; error is not null && error.Row == row.Row; error = await NextAsync(lines, cancellationToken))
                Append(text, error);
            WriteRow(writer, row, text);
            if (writer.UnflushedBytes > FlushBytes)
                await writer.FlushAsync(cancellationToken);
        }
        await writer.CompleteAsync();
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

    static void Append(StringBuilder text, RejectedRow error)
    {
        if (text.Length >= MaxErrorsText)
            return;
        if (text.Length > 0)
            text.Append(" | ");
        // On one line, whatever stood in the file's header: a line break here would make two lines of a malformed row's one.
        foreach (var c in $"{error.Column}: {error.Error}. {error.Message}")
            text.Append(char.IsControl(c) ? ' ' : c);
    }

    void WriteHeader(PipeWriter writer)
    {
        WriteText(writer, ExportColumns.Row);
        WriteByte(writer, _job.Delimiter);
        WriteText(writer, ExportColumns.Errors);
        WriteByte(writer, _job.Delimiter);
        writer.Write(_job.HeaderLine);
        WriteByte(writer, (byte)'\n');
    }

    void WriteRow(PipeWriter writer, RawRejectedRow row, StringBuilder errors)
    {
        Utf8Formatter.TryFormat(row.Row, writer.GetSpan(20), out var digits);
        writer.Advance(digits);
        WriteByte(writer, _job.Delimiter);
        WriteByte(writer, (byte)'"');
        WriteText(writer, errors.Replace("\"", "\"\"").ToString());
        WriteByte(writer, (byte)'"');
        WriteByte(writer, _job.Delimiter);
        writer.Write(row.Raw.Span);
        WriteByte(writer, (byte)'\n');
    }

    static void WriteText(PipeWriter writer, string text) => Encoding.UTF8.GetBytes(text, writer);

    static void WriteByte(PipeWriter writer, byte value)
    {
        writer.GetSpan(1)[0] = value;
        writer.Advance(1);
    }
}
