using System.Diagnostics;
using System.Reflection;
using Batch.Api.Uploads;
using Batch.Cli;
using Batch.Core.Jobs.Reading;
using Batch.Primitives;
using Batch.Tests.Cli;
using Batch.Worker.Chunks;

namespace Batch.Tests.Deployment;

/// <summary>The version is what the git tags say, with and without tags, and everything shows the same.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class VersionTests : IDisposable
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    readonly string _folder = Path.Combine(Path.GetTempPath(), "batch-tests", Guid.NewGuid().ToString("n"));

    public void Dispose()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_command_line_says_the_version_that_all_assemblies_have()
    {
        var run = await BatchProcess.RunAsync(new CliWorld(), "--version");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(VersionOf<Terminal>(), run.Out.Trim());
        Assert.All([VersionOf<Terminal>(), VersionOf<JobUploads>(), VersionOf<ChunkProcessor>(), VersionOf<JobReader>()], version =>
            Assert.Equal(ProductVersion.Text, version.Split('+')[0]));
    }

    [SkippableFact]
    public async Task The_version_is_that_of_the_last_tag_and_a_checkout_without_tags_or_git_has_a_preview()
    {
        Tool.Require("/usr/bin/git");
        Directory.CreateDirectory(_folder);
        foreach (var file in new[] { "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "global.json" })
            File.Copy(Repository.File(file), Path.Combine(_folder, file));
        await File.WriteAllTextAsync(Path.Combine(_folder, ".gitignore"), "artifacts/\n");
        await File.WriteAllTextAsync(Path.Combine(_folder, "Any.csproj"), "<Project Sdk=\"Microsoft.NET.Sdk\" />");

        Assert.Equal("1.0.0-alpha.0", await VersionAsync(_folder));
        await GitAsync("init", "--quiet");
        await GitAsync("add", ".");
        await GitAsync("commit", "--quiet", "--message", "First");
        Assert.Equal("1.0.0-alpha.0", await VersionAsync(_folder));
        await GitAsync("tag", "v2.3.4");
        Assert.Equal("2.3.4", await VersionAsync(_folder));
        await GitAsync("commit", "--quiet", "--allow-empty", "--message", "Second");
        Assert.Equal("2.3.5-alpha.0.1", await VersionAsync(_folder));

        var shallow = Path.Combine(_folder, "artifacts", "shallow");
        await GitAsync("clone", "--quiet", "--depth", "1", new Uri(_folder).AbsoluteUri, shallow);
        Assert.Equal("1.0.0-alpha.0", await VersionAsync(shallow));
    }

    static string VersionOf<T>() => typeof(T).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    static async Task<string> VersionAsync(string folder) =>
        (await RunAsync(folder, Environment.ProcessPath!, "msbuild", "-restore", "-t:MinVer", "-getProperty:Version", "-nodeReuse:false")).Trim();

    Task GitAsync(params string[] arguments) =>
        RunAsync(_folder, "git", ["-c", "user.name=Test", "-c", "user.email=test@example.com", .. arguments]);

    static async Task<string> RunAsync(string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder };
        var (exitCode, output, errors) = await Tool.RunAsync(start, Limit);
        Assert.True(exitCode == 0, $"{program} {string.Join(' ', arguments)}: {output}{errors}");
        return output;
    }
}
