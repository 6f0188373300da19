using Microsoft.Extensions.Caching.Memory;

namespace Batch.Core.Caching;

/// <summary>Values that never change, as many as fit into a number of bytes; when it is full, those that were not asked for the longest go.</summary>
/// <param name="bytes">What all values may take together.</param>
/// <param name="sizeOf">What one takes, in bytes; an estimate is enough.</param>
internal sealed class ByteBoundedCache<TKey, TValue>(long bytes, Func<TValue, long> sizeOf) : IDisposable
    where TKey : notnull where TValue : class
{
    /// <summary>Of an entry beside its value: the key, the entry, its place in the table.</summary>
    const long Overhead = 400;

    readonly MemoryCache _values = new(new MemoryCacheOptions { SizeLimit = bytes });

    public int Count => _values.Count;

    public TValue? Find(TKey key) => _values.TryGetValue(key, out TValue? value) ? value : null;

    public void Keep(TKey key, TValue value) =>
        _values.Set(key, value, new MemoryCacheEntryOptions { Size = Overhead + sizeOf(value) });

    public void Dispose() => _values.Dispose();
}
