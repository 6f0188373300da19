using Batch.Api.DeadLetters;
using Batch.Api.Hosting;
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
        services.AddSingleton<LogCheck>();
        services.AddSingleton<LabelLocks>();
        services.AddSingleton<LabelledLoads>();
        services.AddSingleton<Resuming>();
        services.AddSingleton<UploadTurns>();
        services.AddSingleton<SharedRecords>();
        services.AddSingleton<JobFeed>();
        services.AddSingleton<JobUploads>();
        services.AddSingleton<RepairTurns>();
        services.AddSingleton<RepairColumns>();
        services.AddSingleton<FixedFileUploads>();
        services.AddSingleton<Reprocessing>();
        services.AddSingleton<DeadLetterRetry>();
    }
}
