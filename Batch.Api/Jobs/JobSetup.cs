using Batch.Api.DeadLetters;
using Batch.Api.Hosting;
using Batch.Api.Publishing;
using Batch.Api.Repairs;
using Batch.Api.Uploads;
using Batch.Csv.Cutting;
using Batch.Primitives;

namespace Batch.Api.Jobs;

internal static class JobSetup
{
    /// <summary>For all that a stop still has to do when no upload is open any more.</summary>
    static readonly TimeSpan AfterUploads = TimeSpan.FromSeconds(7);

    public static void AddJobs(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSettings<UploadOptions>(UploadOptions.SectionName);
        services.AddSettings<ChunkerOptions>(ChunkerOptions.SectionName);
        services.AddSingleton(provider => new ByteBudget(provider.GetRequiredService<ChunkerOptions>().BudgetBytes));
        services.AddSingleton<OpenUploads>();
        services.AddHostedService(provider => provider.GetRequiredService<OpenUploads>());
        services.AddOptions<HostOptions>().Configure<UploadOptions>((host, uploads) =>
            host.ShutdownTimeout = TimeSpan.FromSeconds(uploads.StopSeconds) + OpenUploads.Settling + AfterUploads);
        services.AddSingleton<LogReadiness>();
        services.AddSingleton<LabelLocks>();
        services.AddSingleton<LabelledLoads>();
        services.AddSingleton<Resuming>();
        services.AddSingleton<UploadConcurrencyLimiter>();
        services.AddSingleton<SmallUploadBatcher>();
        services.AddSingleton<UploadPipeline>();
        services.AddSingleton<JobUploads>();
        services.AddSingleton<RepairTurns>();
        services.AddSingleton<RepairColumns>();
        services.AddSingleton<FixedFileUploads>();
        services.AddSingleton<Reprocessing>();
        services.AddSingleton<DeadLetterRetry>();
    }
}
