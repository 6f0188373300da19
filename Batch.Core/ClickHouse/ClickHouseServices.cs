using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Batch.Core.ClickHouse;

public static class ClickHouseServices
{
    /// <summary><see cref="ClickHouseClient"/> and <see cref="ClickHouseMigrations"/>, with the options of <paramref name="configuration"/>.</summary>
    public static IServiceCollection AddClickHouse(this IServiceCollection services, IConfiguration configuration) => throw new NotImplementedException();
}
