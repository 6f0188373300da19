using Aspire.Hosting.Pipelines;
using YamlDotNet.Serialization;

namespace Batch.AppHost;

/// <summary>Writes the model of the container mode as a compose file: a step of Aspire's publish pipeline.</summary>
/// <remarks>In the place of Aspire.Hosting.Docker, which cannot be had from every package feed.</remarks>
static class ComposeExport
{
    const string Step = "publish-compose";

    /// <param name="file">Written over where it exists; belongs into the folder of the solution, for paths are relative to that.</param>
    public static async Task<int> RunAsync(
        AppHostOptions options, Action<IDistributedApplicationBuilder, AppHostRun> describe, FileInfo file, CancellationToken cancellationToken)
    {
        var run = new AppHostRun(options, Infrastructure.Containers, Ports.Default, ContainerImages.Pinned(), IsExport: true);
        var builder = AppHostSession.CreateBuilder(run, ["--operation", "publish", "--step", Step, "--output-path", file.Directory!.FullName]);
        describe(builder, run);
        var isWritten = false;
        builder.Pipeline.AddStep(Step, async context =>
        {
            var root = Path.GetFullPath(Path.Combine(builder.AppHostDirectory, ".."));
            await WriteAsync(context.Model, context.ExecutionContext, run.Images, root, file, context.CancellationToken);
            isWritten = true;
        }, requiredBy: WellKnownPipelineSteps.Publish);
        await using var app = builder.Build();
        await app.RunAsync(cancellationToken);
        if (!isWritten)
            throw new AppHostException($"{file.FullName} could not be written. Aspire gives the reason above.");
        Console.WriteLine($"{file.FullName} has the services of the model.");
        return 0;
    }

    static async Task WriteAsync(
        DistributedApplicationModel model, DistributedApplicationExecutionContext context, ContainerImages images, string root, FileInfo file,
        CancellationToken cancellationToken)
    {
        var services = new Dictionary<string, object>();
        foreach (var resource in model.Resources.Where(resource => resource.Annotations.OfType<ComposeServiceAnnotation>().Any()))
            services[resource.Name] = await ComposeService.OfAsync(resource, context, images, root, cancellationToken);
        var volumes = model.Resources.SelectMany(resource => resource.Annotations.OfType<ContainerMountAnnotation>())
            .Where(mount => mount.Type == ContainerMountType.Volume)
            .ToDictionary(mount => mount.Source!, object (_) => new Dictionary<string, object>());
        var yaml = new SerializerBuilder().WithQuotingNecessaryStrings().DisableAliases().WithIndentedSequences().Build();
        await File.WriteAllTextAsync(
            file.FullName, yaml.Serialize(new Dictionary<string, object> { ["services"] = services, ["volumes"] = volumes }), cancellationToken);
    }
}
