using System.Runtime.InteropServices;

namespace Batch.AppHost;

/// <summary>A program of this solution as it was built.</summary>
/// <param name="Path">The executable.</param>
/// <param name="Folder">Where it lies; its working directory.</param>
readonly record struct BuiltProgram(string Path, string Folder)
{
    /// <summary>Finds the build of a project in this program's configuration.</summary>
    /// <exception cref="AppHostException">It has not been built.</exception>
    public static BuiltProgram Of(string project)
    {
        // …/artifacts/bin/Batch.AppHost/debug/ → …/artifacts/bin/Batch.Api/debug/
        var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(System.IO.Path.DirectorySeparatorChar));
        var folder = System.IO.Path.Combine(here.Parent!.Parent!.FullName, project, here.Name);
        var path = System.IO.Path.Combine(folder, OperatingSystem.IsWindows() ? project + ".exe" : project);
        return File.Exists(path)
            ? new BuiltProgram(path, folder)
            : throw new AppHostException($"{path} is missing: build it with 'dotnet build Batch.AppHost'.");
    }
}

static class BuiltProgramHosting
{
    /// <summary>Adds a project that is started as what was built.</summary>
    /// <remarks>
    /// Aspire starts a project with <c>dotnet run</c>, which costs half of the whole start in time and memory; everything else of a project stays.
    /// </remarks>
    public static IResourceBuilder<ProjectResource> AddBuiltProject<TProject>(this IDistributedApplicationBuilder builder, string name)
        where TProject : IProjectMetadata, new()
    {
        var project = builder.AddProject<TProject>(name, options => options.ExcludeLaunchProfile = true);
        if (builder.ExecutionContext.IsPublishMode)
            return project;
        var program = BuiltProgram.Of(System.IO.Path.GetFileNameWithoutExtension(new TProject().ProjectPath));
        return project
            .WithAnnotation(new ExecutableAnnotation { Command = program.Path, WorkingDirectory = program.Folder })
            .WithDotnetRoot();
    }

    /// <summary>Has the executable find the .NET that runs the app host, wherever it was installed to.</summary>
    public static IResourceBuilder<T> WithDotnetRoot<T>(this IResourceBuilder<T> resource) where T : IResourceWithEnvironment =>
        // …/dotnet/shared/Microsoft.NETCore.App/10.0.12/
        resource.WithEnvironment("DOTNET_ROOT", System.IO.Path.GetFullPath(System.IO.Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..")));
}
