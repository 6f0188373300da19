#pragma warning disable CS9113
using Batch.Core.ClickHouse;
using Batch.Core.Schema;

namespace Batch.Core.Models;

public sealed class ModelStore(ClickHouseClient clickHouse)
{
    public Task<ModelVersion> CreateAsync(string tenantId, string name, string schemaJson, ModelSchema schema, CancellationToken cancellationToken) => throw new NotImplementedException();
    public Task<IReadOnlyList<ModelVersion>> ListAsync(string tenantId, CancellationToken cancellationToken) => throw new NotImplementedException();
    public Task<ModelVersion?> FindAsync(string tenantId, string idPrefixOrName, CancellationToken cancellationToken) => throw new NotImplementedException();
    public Task<ModelVersion> UpdateAsync(ModelVersion current, string? name, string schemaJson, ModelSchema schema, CancellationToken cancellationToken) => throw new NotImplementedException();
    public Task DeleteAsync(ModelVersion model, bool dropData, CancellationToken cancellationToken) => throw new NotImplementedException();
    public ValueTask<ModelVersion?> GetVersionAsync(string tenantId, string modelId, int version, CancellationToken cancellationToken) => throw new NotImplementedException();
}
