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
    public static void AddJobs(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSettings<UploadOptions>(UploadOptions.SectionName);
        services.AddSettings<ChunkerOptions>(ChunkerOptions.SectionName);
        services.AddSingleton(provider => new ByteBudget(provider.GetRequiredService<ChunkerOptions>().BudgetBytes));
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
