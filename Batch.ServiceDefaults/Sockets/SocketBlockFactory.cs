using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Batch.ServiceDefaults.Sockets;

/// <summary>Gives Kestrel <see cref="SocketBlocks"/>. To be registered as <c>IMemoryPoolFactory&lt;byte&gt;</c>.</summary>
internal sealed class SocketBlockFactory : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new SocketBlocks();
}
