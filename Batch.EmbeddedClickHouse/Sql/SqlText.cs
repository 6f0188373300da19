using Batch.EmbeddedClickHouse.Engine;

namespace Batch.EmbeddedClickHouse.Sql;

/// <summary>Names and values inside SQL that this process writes.</summary>
internal static class SqlText
{
    internal static string Quote(string value) =>
        "'" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)
            .Replace("\0", "\\0", StringComparison.Ordinal) + "'";

    internal static string QuoteIdentifier(string name) =>
        "`" + name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("`", "\\`", StringComparison.Ordinal)
            .Replace("\0", "\\0", StringComparison.Ordinal) + "`";

    /// <exception cref="EngineException">No setting has such a name: the characters would not even parse.</exception>
    internal static string SettingName(string name)
    {
        foreach (var character in name)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('_' or '.'))
            {
                throw EngineException.Of(ErrorCode.UnknownSetting, "UNKNOWN_SETTING", $"Unknown setting '{name}'.");
            }
        }
        return name;
    }
}
