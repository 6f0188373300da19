#pragma warning disable CS9113
using System.Buffers;
using System.Text.Json.Serialization.Metadata;

namespace Batch.Core.ClickHouse;

public sealed class ClickHouseClient(HttpClient http, ClickHouseOptions options)
{
    public Task ExecuteAsync(string sql, ClickHouseParameters? parameters, CancellationToken cancellationToken) => throw new NotImplementedException();
    public Task<List<T>> QueryAsync<T>(string sql, ClickHouseParameters? parameters, JsonTypeInfo<T> type, CancellationToken cancellationToken) => throw new NotImplementedException();
    public IAsyncEnumerable<T> StreamAsync<T>(string sql, ClickHouseParameters? parameters, JsonTypeInfo<T> type, CancellationToken cancellationToken) => throw new NotImplementedException();
    public Task<Stream> OpenAsync(string sql, ClickHouseParameters? parameters, CancellationToken cancellationToken) => throw new NotImplementedException();
    public Task InsertAsync(string table, IReadOnlyList<string> columns, ReadOnlySequence<byte> native, string deduplicationToken, CancellationToken cancellationToken) => throw new NotImplementedException();
    public Task PingAsync(CancellationToken cancellationToken) => throw new NotImplementedException();
}
