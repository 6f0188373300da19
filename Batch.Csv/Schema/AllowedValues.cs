using System.Text;

namespace Batch.Csv.Schema;

/// <summary>What a CATEGORY may hold.</summary>
internal static class AllowedValues
{
    /// <summary>More than this is not a category any more; every worker keeps them all in memory.</summary>
    public const int MaxCount = 10_000;
    public const int MaxBytes = 4_096;

    /// <exception cref="SchemaException">None, too many, one twice, or one that no field can ever be.</exception>
    public static IReadOnlyList<string> Check(IEnumerable<string> values, string path, int? fixedBytes = null)
    {
        var list = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var value in values)
        {
            if (value.Length == 0)
                throw SchemaFaults.Invalid(path,
                    "an empty value cannot be told from a missing one in a CSV file; leave it out and make the column optional instead");
            if (Encoding.UTF8.GetByteCount(value) > MaxBytes)
                throw SchemaFaults.Invalid(path, $"the value {SchemaFaults.Quote(value)} is longer than {MaxBytes:N0} bytes");
            if (Encoding.UTF8.GetByteCount(value) > fixedBytes)
                throw SchemaFaults.Invalid(path, $"the value {SchemaFaults.Quote(value)} is longer than the {fixedBytes} bytes of the column");
            if (!seen.Add(value))
                throw SchemaFaults.Invalid(path, $"the value {SchemaFaults.Quote(value)} is listed twice; keep one of the two");
            list.Add(value);
        }
        if (list.Count == 0)
            throw SchemaFaults.Invalid(path, "holds no value, so no row could ever be accepted; name at least one");
        if (list.Count > MaxCount)
            throw SchemaFaults.Invalid(path, $"holds {list.Count:N0} values; at most {MaxCount:N0} can be told apart, use a STRING instead");
        return list;
    }
}
