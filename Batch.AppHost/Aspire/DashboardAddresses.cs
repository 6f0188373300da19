namespace Batch.AppHost;

/// <summary>Where the dashboard and its services listen, unless the environment (the Aspire CLI, a launch profile) says otherwise.</summary>
/// <remarks>
/// Not in launchSettings.json: that would also set ASPNETCORE_URLS for the standalone form of this project, whose hosts have ports
/// of their own. All are on loopback, hence without TLS and the certificate that it would need.
/// </remarks>
static class DashboardAddresses
{
    static readonly (string Name, string Value)[] Defaults =
    [
        ("ASPNETCORE_URLS", "http://localhost:15080"),
        ("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "http://localhost:15081"),
        ("ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL", "http://localhost:15082"),
        ("ASPIRE_ALLOW_UNSECURED_TRANSPORT", "true"),
    ];

    public static string[] AddTo(string[] args) =>
    [
        .. Defaults.Where(setting => string.IsNullOrEmpty(Environment.GetEnvironmentVariable(setting.Name)))
            .Select(setting => $"--{setting.Name}={setting.Value}"),
        .. args,
    ];
}
