using System.Globalization;
using Batch.Csv.Validation.Native;

namespace Batch.Tests.Validation;

/// <summary>One row of a block for <c>rejected_rows</c>.</summary>
sealed record RejectedEntry(
    string TenantId, string JobId, long Row, int Seq, long Line, string EventId, string Column, string Type, string Error,
    string? Observed, string Message, string Raw)
{
    public static IEnumerable<RejectedEntry> Read(NativeBlock block)
    {
        var columns = NativeReader.Read(block);
        Assert.Equal(
            "tenant_id LowCardinality(String), job_id LowCardinality(String), row UInt64, seq UInt16, line UInt64, event_id String, column LowCardinality(String), type LowCardinality(String), "
            + "error LowCardinality(String), observed String, has_observed UInt8, message LowCardinality(String), raw String",
            string.Join(", ", columns.Select(column => $"{column.Name} {column.Type}")));
        for (var i = 0; i < block.Rows; i++)
        {
            var values = columns.Select(column => column.Values[i]!).ToArray();
            if (values[10] == "0")
                Assert.Empty(values[9]);
            yield return new RejectedEntry(
                values[0], values[1], Number(values[2]), (int)Number(values[3]), Number(values[4]), values[5], values[6], values[7], values[8],
                values[10] == "1" ? values[9] : null, values[11], values[12]);
        }
    }

    static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
