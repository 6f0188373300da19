using System.Diagnostics;
using System.IO.Compression;
using Batch.Tests.Deployment;

namespace Batch.Tests.Cli;

/// <summary>The command line as a .NET tool: packed, installed into a folder of its own, and used.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class PackageTests : IDisposable
{
    readonly string _folder = Path.Combine(Path.GetTempPath(), "batch-tests", Guid.NewGuid().ToString("n"));

    public PackageTests() => Directory.CreateDirectory(_folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_package_is_a_tool_that_works_without_the_rest_of_the_system()
    {
        // What is packed is what was built for these tests.
        var configuration = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)).Name;
        await DotnetAsync("pack", Repository.File("Batch.Cli"), "--no-build", "-c", configuration, "-o", _folder, "--nologo");
        var package = Assert.Single(Directory.GetFiles(_folder, "*.nupkg"));
        await using (var zip = await ZipFile.OpenReadAsync(package))
        {
            var names = zip.Entries.Select(entry => entry.Name).ToList();
            Assert.Contains("batch.dll", names);
            Assert.Contains("Batch.Csv.dll", names);
            Assert.DoesNotContain("Batch.Core.dll", names);
            Assert.DoesNotContain("Confluent.Kafka.dll", names);
            Assert.DoesNotContain("librdkafka.so", names);
            Assert.DoesNotContain("ClickHouse.Driver.dll", names);
            Assert.DoesNotContain("NodaTime.dll", names);
            Assert.InRange(new FileInfo(package).Length, 100_000, 3_000_000);
            await using var settings = await zip.Entries.Single(entry => entry.Name == "DotnetToolSettings.xml").OpenAsync();
            Assert.Contains("<Command Name=\"batch\"", await new StreamReader(settings).ReadToEndAsync());
            // The web framework does not come along as a shared framework, either.
            await using var runtime = await zip.Entries.Single(entry => entry.Name == "batch.runtimeconfig.json").OpenAsync();
            Assert.DoesNotContain("AspNetCore", await new StreamReader(runtime).ReadToEndAsync());
        }

        var tools = Path.Combine(_folder, "tools");
        await DotnetAsync("tool", "install", "Batch.Cli", "--tool-path", tools, "--source", _folder, "--prerelease");
        var data = Path.Combine(_folder, "data.csv");
        await File.WriteAllTextAsync(data, "event_id,n\na,1\nb,2\n");
        var model = Path.Combine(_folder, "model.json");
        await File.WriteAllTextAsync(model, await RunAsync(Path.Combine(tools, "batch"), "schema", data, "--quiet"));
        await RunAsync(Path.Combine(tools, "batch"), "validate", model, data);
    }

    [Fact]
    public void The_users_guides_name_stands_beside_what_was_built()
    {
        var built = Path.GetDirectoryName(BatchProcess.Program)!;

        Assert.Equal("batch", new FileInfo(Path.Combine(built, "batchcli")).LinkTarget);
    }

    static Task<string> DotnetAsync(params string[] arguments) => RunAsync(Environment.ProcessPath!, arguments);

    static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_ROOT"] = Path.GetDirectoryName(Environment.ProcessPath);
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {output}{await error}");
        return output;
    }
}
