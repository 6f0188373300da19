using Batch.Core.Log;
using Microsoft.Extensions.Logging.Abstractions;

namespace Batch.Tests.Log;

public sealed class LocalLogContractTests : LogContract
{
    readonly TemporaryFolder _folder = new();

    protected override Task<ILog> OpenAsync() => Task.FromResult<ILog>(LocalLog.Open(
        new LocalLogOptions { Directory = _folder.Path, MinFreeBytes = 0, MaxRecordBytes = 5 << 20 }, NullLogger<LocalLog>.Instance));

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }
}
