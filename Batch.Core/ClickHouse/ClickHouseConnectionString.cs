using System.Data.Common;
using System.Globalization;

namespace Batch.Core.ClickHouse;

/// <summary>Reads <c>ConnectionStrings:clickhouse</c> in the forms that are about, and refuses what it does not understand.</summary>
/// <remarks>
/// <code>
/// http://user:pa%20ss@host:8123/database
/// Host=host;Port=8123;Protocol=https;Username=user;Password=pass;Database=database
/// Endpoint=http://host:8123;Username=…
/// </code>
/// What it leaves out stays as it was. The driver's own reading throws at a URL, takes Endpoint and Server for nothing and goes to
/// localhost then. Faults do not repeat the text: it may hold a password, and a password with a ';' in it looks like a key.
/// </remarks>
internal static class ClickHouseConnectionString
{
    static readonly HashSet<string> Keys = new(StringComparer.OrdinalIgnoreCase)
    {
        "Endpoint", "Url", "Host", "Server", "Port", "Protocol", "Username", "User", "User Id", "Uid", "Password", "Pwd", "Database",
    };

    /// <exception cref="FormatException">It is none of these forms; the message is one sentence for the user.</exception>
    public static void Apply(string text, ClickHouseOptions options)
    {
        if (text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
            ApplyUrl(text, options);
        else
            ApplyPairs(text, options);
    }

    static void ApplyUrl(string text, ClickHouseOptions options)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw Fault("has a URL that is not http://user:password@host:8123/database; write special characters in user and password as %40, %3A, ….");
        if (url.Query.Length > 0 || url.Fragment.Length > 0)
            throw Fault("has a URL with a '?' or '#', which is not supported: the path names the database, http://host:8123/database.");
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
            throw Fault("is neither a URL nor Host=…;Port=…;… pairs.", exception);
        }
        var unknown = pairs.Keys.Cast<string>().ToList().FindIndex(key => !Keys.Contains(key));
        if (unknown >= 0)
            throw Fault(
                $"has an unknown key, number {unknown + 1}: use Host, Port, Protocol, Username, Password, Database or Endpoint, "
                + "and put quotes around a value that contains a ';'.");
        if (Find("Endpoint", "Url") is { } endpoint)
            ApplyUrl(endpoint, options);
        else if (Find("Host", "Server") is { } host)
            options.Url = AddressOf(host, Find("Port"), Find("Protocol")?.ToLowerInvariant() ?? "http");
        else
            throw Fault("names no Host and no Endpoint.");
        options.User = Find("Username", "User", "User Id", "Uid") ?? options.User;
        options.Password = Find("Password", "Pwd") ?? options.Password;
        options.Database = Find("Database") ?? options.Database;

        string? Find(params ReadOnlySpan<string> names)
        {
            foreach (var name in names)
                if (pairs.TryGetValue(name, out var value) && value?.ToString() is { Length: > 0 } found)
                    return found;
            return null;
        }
    }

    static string AddressOf(string host, string? port, string scheme)
    {
        if (scheme is not ("http" or "https"))
            throw Fault("has a Protocol that is neither http nor https, the only ones supported.");
        if (port is not null && (!ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0))
            throw Fault("has a Port that is not a number from 1 to 65535.");
        var address = $"{scheme}://{host}:{port ?? (scheme == "https" ? "8443" : "8123")}";
        return ClickHouseOptions.IsAddress(address) ? address : throw Fault("has a Host that is not a host name or address.");
    }

    static FormatException Fault(string what, Exception? inner = null) => new($"ConnectionStrings:clickhouse {what}", inner);
}
