using System.Text.Json;
using Batch.Tests.Deployment;

namespace Batch.Tests.Architecture;

/// <summary><c>dotnet run</c> takes the first launch profile of a project, and says so on standard output.</summary>
[Trait("Tier", "unit")]
public sealed class LaunchProfileTests
{
    [Theory]
    [InlineData("Batch.AppHost")]
    [InlineData("Batch.Api")]
    [InlineData("Batch.Worker")]
    public void What_dotnet_run_starts_is_as_configured(string project)
    {
        using var settings = JsonDocument.Parse(File.ReadAllText(Repository.File(project, "Properties", "launchSettings.json")));

        var first = settings.RootElement.GetProperty("profiles").EnumerateObject().First().Value;
        Assert.Equal(["commandName"], first.EnumerateObject().Select(property => property.Name));
    }

    [Fact]
    public void The_command_line_has_no_launch_profile_as_scripts_read_its_output() =>
        Assert.False(File.Exists(Repository.File("Batch.Cli", "Properties", "launchSettings.json")));
}
