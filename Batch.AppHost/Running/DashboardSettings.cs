namespace Batch.AppHost;

/// <summary>Where the dashboard and its services listen: all on loopback, hence without login, TLS, and the certificate that it would need.</summary>
static class DashboardSettings
{
    public static IEnumerable<string> Arguments(AppHostRun run) => new Dictionary<string, string>
    {
        ["ASPNETCORE_URLS"] = Trim(run.Dashboard),
        ["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = Trim(run.Otlp),
        ["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true",
        ["ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS"] = "true",
        // What the dashboard has been told can be asked for as JSON too: /api/telemetry/traces.
        ["ASPIRE_DASHBOARD_API_ENABLED"] = "true",
        // Else it says in red, on its page, that there is no development certificate. Nothing here needs one.
        ["ASPIRE_INTERACTIVITY_ENABLED"] = "false",
        ["ASPIRE_VERSION_CHECK_DISABLED"] = "true",
        ["ASPIRE_DASHBOARD_TELEMETRY_OPTOUT"] = "true",
    }.Select(setting => $"--{setting.Key}={setting.Value}");

    static string Trim(Uri address) => address.ToString().TrimEnd('/');
}
