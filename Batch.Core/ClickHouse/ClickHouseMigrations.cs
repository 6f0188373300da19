#pragma warning disable CS9113
namespace Batch.Core.ClickHouse;

public sealed class ClickHouseMigrations(ClickHouseClient clickHouse)
{
    public Task ApplyAsync(CancellationToken cancellationToken) => throw new NotImplementedException();
}
