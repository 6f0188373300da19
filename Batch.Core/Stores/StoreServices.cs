using Batch.Core.DeadLetters;
using Batch.Core.Jobs.Audit;
using Batch.Core.Jobs.Reading;
using Batch.Core.Jobs.Writing;
using Batch.Core.Models;
using Batch.Core.Rejected;
using Microsoft.Extensions.DependencyInjection;

namespace Batch.Core.Stores;

/// <summary>Registers the stores.</summary>
public static class StoreServices
{
    /// <summary>Models, jobs, rejected rows and dead letters over the <c>ClickHouseClient</c> of <c>AddClickHouse</c>.</summary>
    public static IServiceCollection AddJobStores(this IServiceCollection services) => services
        .AddSingleton<ModelStore>().AddSingleton<RejectedStore>().AddSingleton<DeadLetterStore>()
        .AddSingleton<JobReader>().AddSingleton<JobWriter>().AddSingleton<RowAudit>();
}
