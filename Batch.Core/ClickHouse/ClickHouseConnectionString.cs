using System.Data.Common;

namespace Batch.Core.ClickHouse;

/// <summary>Reads <c>ConnectionStrings:clickhouse</c> in the forms that are about.</summary>
/// <remarks>
/// <code>
/// http://user:pa%20ss@host:8123/database
/// Host=host;Port=8123;Protocol=https;Username=user;Password=pass;Database=database
/// Endpoint=http://host:8123;Username=…
/// </code>
/// What it leaves out stays as it was.
/// </remarks>
internal static class ClickHouseConnectionString
{
    /// <exception cref="FormatException">It is none of these forms.</exception>
    public static void Apply(string text, ClickHouseOptions options)
    {
        if (text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
            ApplyUrl(new Uri(text), options);
        else
            ApplyPairs(text, options);
    }

    static void ApplyUrl(Uri url, ClickHouseOptions options)
    {
        options.Url = url.GetLeftPart(UriPartial.Scheme) + url.Authority;
        var login = url.UserInfo.Split(':', 2);
        if (login[0].Length > 0)
            options.User = Uri.UnescapeDataString(login[0]);
        if (login.Length == 2)
            options.Password = Uri.UnescapeDataString(login[1]);
        var database = Uri.UnescapeDataString(url.AbsolutePath.Trim('/'));
        if (database.Length > 0)
            options.Database = database;
    }

    static void ApplyPairs(string text, ClickHouseOptions options)
    {
        DbConnectionStringBuilder pairs;
        try
        {
            pairs = new DbConnectionStringBuilder { ConnectionString = text };
        }
        catch (ArgumentException exception)
        {
            // The text itself is not repeated: it may hold a password.
            throw new FormatException("ConnectionStrings:clickhouse is neither a URL nor Host=…;Port=…;… pairs.", exception);
        }
        string? Find(params ReadOnlySpan<string> names)
        {
            foreach (var name in names)
                if (pairs.TryGetValue(name, out var value) && value?.ToString() is { Length: > 0 } found)
                    return found;
            return null;
        }
        if (Find("Endpoint", "Url") is { } endpoint)
            ApplyUrl(new Uri(endpoint), options);
        else if (Find("Host", "Server") is { } host)
        {
            var scheme = Find("Protocol") ?? "http";
            options.Url = $"{scheme}://{host}:{Find("Port") ?? (scheme == "https" ? "8443" : "8123")}";
        }
        else
            throw new FormatException("ConnectionStrings:clickhouse names no Host and no Endpoint.");
        options.User = Find("Username", "User", "User Id", "Uid") ?? options.User;
        options.Password = Find("Password", "Pwd") ?? options.Password;
        options.Database = Find("Database") ?? options.Database;
    }
}
