namespace Batch.Core.ClickHouse;

/// <summary>The only way a name becomes part of a query.</summary>
public static class ClickHouseIdentifier
{
    // a`b\c  is written  `a\`b\\c` ; line breaks and NULs are escaped too, so that a name cannot end its line.
    public static string Quote(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return "`" + name.Replace("\\", @"\\").Replace("`", @"\`").Replace("\0", @"\0")
            .Replace("\n", @"\n").Replace("\r", @"\r").Replace("\t", @"\t") + "`";
    }
}
